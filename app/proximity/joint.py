"""What the observations say of several candidates together, and in which direction it gets better."""

import numpy as np

from app.proximity.factorization import Factorization
from app.proximity.kernel import FloatArray, matern, squared_distances


def joint_posterior(
    points: FloatArray, observed: Factorization, columns: FloatArray, signal: float
) -> tuple[FloatArray, FloatArray]:
    """Mean (m, c) and covariance (m, m) of the score t at points (m, d), scaled.

    Args:
        columns: t of the observed points, and whatever else is to be weighed as t is: shape (n, c).
        signal: s^2.
    """
    kernel = matern(squared_distances(points, observed.points))
    half = observed.half_solve(kernel.T)
    covariance = signal * (matern(squared_distances(points, points)) - half.T @ half)
    return kernel @ observed.solve(columns), covariance


def ascent(points: FloatArray, observed: FloatArray, solved: FloatArray) -> FloatArray:
    """Shape (m, d): the gradient at points (m, d) of k(x)' alpha over observed points (n, d), both scaled.

    Args:
        solved: alpha, shape (n,).

    With dK/dz = -3 exp(-sqrt(3 d)) (z - z_i) for the Matern 3/2 kernel of d = |z - z_i|^2.
    """
    decay = np.exp(-np.sqrt(3 * squared_distances(points, observed)))
    pull = -3 * decay * solved
    return np.asarray(pull.sum(axis=1)[:, None] * points - pull @ observed)
