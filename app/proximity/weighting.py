"""How much each neighbor of a candidate counts."""

from enum import StrEnum

import numpy as np

from app.proximity.kernel import FloatArray


class Weighting(StrEnum):
    """The rule that turns neighbors into weights.

    KRIGING weighs a neighbor by its distance and by the other neighbors, so that ten near-copies of one network do
    not count ten times. INVERSE_DISTANCE is the paper's own score. UNIFORM is plain k nearest neighbors.
    """

    KRIGING = "kriging"
    INVERSE_DISTANCE = "inverse_distance"
    UNIFORM = "uniform"


def kriging_weights(kernel: FloatArray, covariance: FloatArray) -> FloatArray:
    """(K_NN + vR)^-1 k_Nx for each candidate (Rasmussen & Williams, equation 2.23); they need not sum to one.

    Args:
        kernel: shape (m, k): between each candidate and its neighbors.
        covariance: shape (m, k, k): among the neighbors, noise included.
    """
    return np.asarray(np.linalg.solve(covariance, kernel[..., None])[..., 0], dtype=np.float64)


def inverse_distance_weights(distances: FloatArray) -> FloatArray:
    """1 / distance, made to sum to one; Franken, Singh & Vanschoren (PMLR 191, 2022), section 3.2.

    Args:
        distances: shape (m, k): Euclidean, not squared.
    """
    exact = distances == 0
    # Scaling by the nearest distance cancels in the mean and cannot overflow.
    nearest = distances.min(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = nearest / distances
    # The paper leaves distance 0 open. An exact match is the best evidence there is, so exact matches share all
    # the weight.
    weights = np.where(exact.any(axis=1, keepdims=True), exact, weights)
    normalized: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return normalized


def uniform_weights(distances: FloatArray) -> FloatArray:
    """The same weight for each of the k neighbors, shape (m, k)."""
    return np.full(distances.shape, 1 / distances.shape[1])
