"""Points whose scores are known everywhere for the price of one matrix product: a Gaussian process on a subset of data.

g(x) = k(x)' alpha,  alpha = (K + vR)^-1 t        over the anchors (Rasmussen & Williams, section 8.3.3)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.proximity.cholesky import factorize, solve
from app.proximity.kernel import FloatArray, matern, squared_distances, squares

IntArray = NDArray[np.int64]

_ROWS = 256
_CHUNK = 64  # candidates at once: more leave the processor's cache


@dataclass(frozen=True, slots=True)
class Anchors:
    """Observed points, and what their scores say of all others.

    Args:
        points: shape (a, d), scaled.
        squares: of the points, shape (a,).
        solved: alpha, shape (a,).
        signal: s^2.
    """

    points: FloatArray
    squares: FloatArray
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
        return cls(points, squares(points), solved, float(scores @ solved) / len(points))

    def __len__(self) -> int:
        return len(self.points)

    def expected(self, points: FloatArray) -> FloatArray:
        """g at points (m, d): shape (m,)."""
        found = np.empty(len(points))
        for rows, squared in self._squared_distances(points):
            found[rows] = self._weighed(squared)
        return found

    def read(self, points: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
        """g at points (m, d), shape (m,); and the k nearest anchors of each in any order, shape (m, min(k, a))."""
        k = min(k, len(self))
        found, nearest = np.empty(len(points)), np.empty((len(points), k), dtype=np.int64)
        for rows, squared in self._squared_distances(points):
            nearest[rows] = np.argpartition(squared, k - 1, axis=1)[:, :k]
            found[rows] = self._weighed(squared)
        return found, nearest

    def _squared_distances(self, points: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        for start in range(0, len(points), _CHUNK):
            rows = slice(start, start + _CHUNK)
            yield rows, squared_distances(points[rows], self.points, self.squares)

    def _weighed(self, squared: FloatArray) -> FloatArray:
        # The kernel in single precision takes half the time, and its rounding is the same for any number of candidates;
        # that of a sum is not.
        kernel = matern(squared.astype(np.float32))
        return np.asarray(kernel.astype(np.float64) @ self.solved)
