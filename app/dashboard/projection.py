"""The embedding space in two dimensions, by principal components."""

from dataclasses import dataclass

import numpy as np

from app.proximity.kernel import FloatArray


@dataclass(frozen=True, slots=True)
class Projection:
    """The two directions in which a search space varies most.

    Args:
        center: shape (d,).
        axes: shape (2, d).
        explained: share of the variance along each axis.
    """

    center: FloatArray
    axes: FloatArray
    explained: tuple[float, float]

    @classmethod
    def fit(cls, points: FloatArray) -> "Projection":
        """The projection for points (n, d); each axis points to where its largest entry is positive."""
        center = points.mean(axis=0)
        _, spread, axes = np.linalg.svd(points - center, full_matrices=False)
        variance = np.append(spread**2, [0.0, 0.0])
        axes = np.concatenate([axes, np.zeros((2, points.shape[1]))])[:2]  # of a space with fewer dimensions
        largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
        shares = variance[:2] / (variance.sum() or 1.0)
        return cls(center, axes * np.where(largest < 0, -1, 1), (float(shares[0]), float(shares[1])))

    def places(self, points: FloatArray) -> FloatArray:
        """Where points (n, d) lie: shape (n, 2)."""
        return np.asarray((points - self.center) @ self.axes.T)

    def turned(self, places: FloatArray, gains: FloatArray) -> "Projection":
        """The same with each axis turned so that places (n, 2) with larger gains (n,) lie to the right and further up.

        Gains that are NaN do not count; an axis that has nothing to do with them stays.
        """
        known = ~np.isnan(gains)
        along = (gains[known] - gains[known].mean()) @ places[known] if known.any() else np.zeros(2)
        return Projection(self.center, self.axes * np.where(along < 0, -1, 1)[:, None], self.explained)
