"""The covariance of the observed points, factorized once and extended as observations arrive."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from app.compiled import kernels
from app.proximity.cholesky import factorize, half_solve
from app.proximity.kernel import FloatArray, matern, squared_distances

_FEW = 64  # columns that SciPy solves for within some milliseconds; it holds Python's lock meanwhile


@dataclass(frozen=True, slots=True)
class Factorization:
    """Cholesky factor of K + vR over scaled points, with R = diag(1 / repeats).

    Args:
        points: X, shape (n, d), scaled.
        repeats: shape (n,).
        noise: v.
        lower: L with L L' = K + vR, shape (n, n), in Fortran order, as LAPACK reads it.
    """

    points: FloatArray
    repeats: FloatArray
    noise: float
    lower: FloatArray

    @classmethod
    def of(cls, points: FloatArray, repeats: FloatArray, noise: float) -> "Factorization":
        """The factorization of these points, in n^3 / 3 multiplications."""
        covariance = matern(squared_distances(points, points))
        covariance[np.diag_indices(len(points))] = 1 + noise / repeats
        return cls(points, repeats, noise, np.asfortranarray(factorize(covariance)))

    def extended(self, points: FloatArray, repeats: FloatArray) -> "Factorization":
        """The factorization with further points, in n^2 multiplications for each of them."""
        n = len(self.points)
        cross = self.half_solve(matern(squared_distances(self.points, points)))
        corner = matern(squared_distances(points, points))
        corner[np.diag_indices(len(points))] = 1 + self.noise / repeats
        lower = np.zeros((n + len(points), n + len(points)), order="F")
        lower[:n, :n] = self.lower
        lower[n:, :n] = cross.T
        lower[n:, n:] = factorize(corner - cross.T @ cross)
        return Factorization(
            np.concatenate([self.points, points]), np.concatenate([self.repeats, repeats]), self.noise, lower
        )

    def repeated(self, points: NDArray[np.int64], repeats: FloatArray) -> "Factorization":
        """The factorization with more repeats of some points, in at most 2 n^2 multiplications for each of them.

        Only their elements of the diagonal fall, from v / old to v / new.

        Args:
            points: shape (r,), each once.
            repeats: of each of these, shape (r,).
        """
        changed = self.repeats.copy()
        changed[points] = repeats
        falls = self.noise / self.repeats[points] - self.noise / repeats
        return Factorization(self.points, changed, self.noise, kernels.lowered(self.lower.T, points, falls).T)

    def half_solve(self, right: FloatArray) -> FloatArray:
        """L^-1 right, shape (n,) or (n, m)."""
        if right.ndim == 2 and right.shape[1] > _FEW:
            return half_solve(self.lower, right)
        return np.asarray(solve_triangular(self.lower, right, lower=True, check_finite=False))

    def solve(self, right: FloatArray) -> FloatArray:
        """(K + vR)^-1 right."""
        half = self.half_solve(right)
        return np.asarray(solve_triangular(self.lower, half, lower=True, trans="T", check_finite=False))
