"""Points whose scores are known everywhere for the price of one matrix product: a Gaussian process on a subset of data.

g(x) = k(x)' alpha,  alpha = (K + vR)^-1 t        over the anchors (Rasmussen & Williams, section 8.3.3)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.compiled import kernels
from app.proximity.cholesky import factorize, solve
from app.proximity.kernel import FloatArray, matern, squared_distances

IntArray = NDArray[np.int64]

_ROWS = 256


@dataclass(frozen=True)
class Anchors:
    """Observed points, and what their scores say of all others.

    Args:
        points: shape (a, d), scaled.
        solved: alpha, shape (a,).
        signal: s^2.
    """

    points: FloatArray
    solved: FloatArray
    signal: float

    @classmethod
    def of(
        cls,
        points: FloatArray,
        repeats: FloatArray,
        scores: FloatArray,
        noise: float,
        go_on: Callable[[], None] = lambda: None,
    ) -> "Anchors":
        """Anchors at points (a, d) with their scores t (a,), in a^3 / 3 multiplications and 8 a^2 bytes.

        Args:
            repeats: trainings of each, shape (a,).
            noise: v.
            go_on: called now and then; raises where they are not wanted any more.
        """
        covariance = np.empty((len(points), len(points)))
        for start in range(0, len(points), _ROWS):  # so that no second array of its size is made on the way
            rows = slice(start, start + _ROWS)
            covariance[rows] = matern(squared_distances(points[rows], points))
        covariance[np.diag_indices(len(points))] = 1 + noise / repeats
        solved = solve(factorize(covariance, go_on), scores)
        return cls(points, solved, float(scores @ solved) / len(points))

    def __len__(self) -> int:
        return len(self.points)

    def expected(self, points: FloatArray) -> FloatArray:
        """g at points (m, d): shape (m,)."""
        return self.read(points, 0)[0]

    def read(self, points: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
        """g at points (m, d), shape (m,); and the k nearest anchors of each in any order, shape (m, min(k, a)).

        Distances and kernel are in single precision, sums in double: g is right to about 2e-4 of its spread, and the
        same to the bit however many points there are.
        """
        return self._table.read(points.astype(np.float32), min(k, len(self)))

    @cached_property
    def _table(self) -> kernels.AnchorTable:
        return kernels.AnchorTable(self.points.astype(np.float32), self.solved)
