"""The directions in which points vary, for distances that cost less."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.proximity.kernel import FloatArray

_KEPT = 0.999  # of the variance
NEAR = 64  # directions that tell neighbors apart


@dataclass(frozen=True, slots=True)
class PrincipalAxes:
    """A rotation of the scaled space to its principal components, the largest first, which leaves the small ones out.

    Args:
        center: shape (d,).
        axes: shape (d, r), orthonormal.
        spread: root mean square distance of a point from the center.
    """

    center: FloatArray
    axes: FloatArray
    spread: float

    @classmethod
    def of(cls, points: FloatArray) -> "PrincipalAxes":
        """The axes of points (n, d)."""
        center = points.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov(points, rowvar=False).reshape(len(center), len(center)))
        explained = np.cumsum(variances[::-1])
        kept = int(np.searchsorted(explained, _KEPT * explained[-1])) + 1
        largest = np.ascontiguousarray(axes[:, ::-1][:, : max(kept, min(NEAR, len(center)))])
        return cls(center, largest, float(np.sqrt(max(explained[-1], 0.0))))

    @property
    def checksum(self) -> str:
        """Tells these axes from any others, to the last bit."""
        found = hashlib.sha256(np.ascontiguousarray(self.center).tobytes())
        found.update(np.ascontiguousarray(self.axes).tobytes())
        return found.hexdigest()[:32]

    def of_points(self, points: FloatArray) -> FloatArray:
        """Points (n, d) along the axes: shape (n, r)."""
        return np.asarray((points - self.center) @ self.axes)

    def to_columns(self, along: FloatArray) -> FloatArray:
        """A direction along the axes, shape (n, r) or the first few of r, as one along the columns: shape (n, d)."""
        return np.asarray(along @ self.axes[:, : along.shape[1]].T)


def near(rotated: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """What tells neighbors apart, of points (n, r) along the axes: shape (n, at most 64)."""
    return np.ascontiguousarray(rotated[:, :NEAR], dtype=np.float32)
