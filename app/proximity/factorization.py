"""The covariance of the observed points, factorized once and extended as observations arrive."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from app.proximity.cholesky import factorize
from app.proximity.kernel import FloatArray, matern, squared_distances


@dataclass(frozen=True, slots=True)
class Factorization:
    """Cholesky factor of K + vR over scaled points, with R = diag(1 / repeats).

    Args:
        points: X, shape (n, d), scaled.
        repeats: shape (n,).
        noise: v.
        lower: L with L L' = K + vR, shape (n, n), in Fortran order, as LAPACK and `repeated` read it.
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
        lower[n:, n:] = cholesky(corner - cross.T @ cross, lower=True, check_finite=False)
        return Factorization(
            np.concatenate([self.points, points]), np.concatenate([self.repeats, repeats]), self.noise, lower
        )

    def repeated(self, point: int, repeats: float) -> "Factorization":
        """The factorization with more repeats of one point, in at most 2 n^2 multiplications.

        Only one element of the diagonal falls, from v / old to v / new: a rank-one downdate of the factor (Golub & Van
        Loan, "Matrix Computations", section 6.5.4).
        """
        changed = self.repeats.copy()
        changed[point] = repeats
        lower = self.lower.copy(order="F")
        x = np.zeros(len(lower))
        x[point] = np.sqrt(self.noise / self.repeats[point] - self.noise / repeats)
        for k in range(point, len(lower)):  # before the point, x is zero
            diagonal = np.sqrt(lower[k, k] ** 2 - x[k] ** 2)
            cosine, sine = diagonal / lower[k, k], x[k] / lower[k, k]
            lower[k, k] = diagonal
            below = lower[k + 1 :, k]
            below -= sine * x[k + 1 :]
            below /= cosine
            x[k + 1 :] *= cosine
            x[k + 1 :] -= sine * below
        return Factorization(self.points, changed, self.noise, lower)

    def half_solve(self, right: FloatArray) -> FloatArray:
        """L^-1 right."""
        return np.asarray(solve_triangular(self.lower, right, lower=True, check_finite=False))

    def solve(self, right: FloatArray) -> FloatArray:
        """(K + vR)^-1 right."""
        half = self.half_solve(right)
        return np.asarray(solve_triangular(self.lower, half, lower=True, trans="T", check_finite=False))
