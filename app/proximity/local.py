"""Weights of each candidate's own neighbors, where there are too many observations to weigh all at once."""

import numpy as np
from numpy.typing import NDArray

from app.proximity.kernel import FloatArray, Real, matern
from app.proximity.weighting import Weighting, inverse_distance_weights, kriging_weights, uniform_weights

_CHUNK_BYTES = 2_000_000  # more leave the processor's cache


def weigh(
    points: NDArray[Real],
    around: NDArray[Real],
    labels: NDArray[np.int64],
    repeats: FloatArray,
    noise: float,
    weighting: Weighting,
) -> tuple[FloatArray, FloatArray]:
    """Weights of each candidate's neighbors, and the variance that they leave in units of s^2.

    The expected squared error of any weights w under the same model as kriging's, 1 + v - 2 w k + w (K + vR) w, so that
    all weightings have comparable error bars. Distances have the precision of the points, weights are double.

    Args:
        points: the candidates, shape (m, d), scaled.
        around: all observed points, shape (n, d), scaled.
        labels: shape (m, k): the neighbors of each candidate among them.
        repeats: shape (n,).
        noise: v.

    Returns:
        Shapes (m, k) and (m,).
    """
    per_candidate = 8 * labels.shape[1] * (labels.shape[1] * 2 + points.shape[1])
    size = max(1, _CHUNK_BYTES // per_candidate)
    weights, variance = np.empty(labels.shape), np.empty(len(points))
    for start in range(0, len(points), size):
        chunk = slice(start, start + size)
        near = around[labels[chunk]]
        near -= points[chunk, None]
        squared = np.einsum("mkd,mkd->mk", near, near).astype(np.float64)
        kernel = matern(squared)
        covariance = _covariance(near, noise / repeats[labels[chunk]])
        if weighting is Weighting.KRIGING:
            w = kriging_weights(kernel, covariance)
        elif weighting is Weighting.INVERSE_DISTANCE:
            w = inverse_distance_weights(np.sqrt(squared))
        else:
            w = uniform_weights(np.sqrt(squared))
        spread = (w[:, None] @ covariance @ w[..., None])[:, 0, 0]
        variance[chunk] = 1 + noise - 2 * np.einsum("mi,mi->m", w, kernel) + spread
        weights[chunk] = w
    return weights, variance


def _covariance(near: NDArray[Real], noise: FloatArray) -> FloatArray:
    """Shape (m, k, k): among the neighbors (m, k, d) of each candidate, with the noise (m, k) of their means."""
    squares = np.einsum("mkd,mkd->mk", near, near)
    among = near @ near.transpose(0, 2, 1)
    among *= -2
    among += squares[:, :, None]
    among += squares[:, None]
    covariance = matern(np.maximum(among, 0, out=among)).astype(np.float64)
    diagonal = np.arange(near.shape[1])
    covariance[:, diagonal, diagonal] = 1 + noise
    return covariance
