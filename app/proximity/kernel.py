"""Distance and kernel between points of the embedding space."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)


def scaled(embeddings: NDArray[np.floating[Any]], columns: NDArray[np.int64], log_scales: FloatArray) -> FloatArray:
    """Embeddings (n, d) with each column times exp(w_g / 2), so that plain squared distances are the scaled ones.

    Args:
        columns: shape (d,): the group g of each column.
        log_scales: w, shape (groups,).
    """
    return np.asarray(embeddings, dtype=np.float64) * np.exp(log_scales / 2)[columns]


def squares(points: NDArray[Real]) -> NDArray[Real]:
    """Shape (n,): squared length of each row."""
    return np.asarray(np.einsum("ij,ij->i", points, points))


def squared_distances(a: NDArray[Real], b: NDArray[Real], squares_of_b: NDArray[Real] | None = None) -> NDArray[Real]:
    """Shape (len(a), len(b)): squared Euclidean distance of each row of `a` to each row of `b`.

    Args:
        squares_of_b: `squares(b)`, where it is at hand: computing it reads b once more.
    """
    distances: NDArray[Real] = a @ b.T
    distances *= -2
    distances += squares(a)[:, None]
    distances += squares(b) if squares_of_b is None else squares_of_b
    # Rounding leaves about 1e-15 of the squares where rows are equal, some of it negative.
    return np.maximum(distances, 0, out=distances)


def matern(squared: NDArray[Real]) -> NDArray[Real]:
    """Matern 3/2 kernel (1 + sqrt(3 d)) exp(-sqrt(3 d)) of squared distances d, elementwise."""
    root: NDArray[Real] = np.sqrt(3 * squared)
    result: NDArray[Real] = np.exp(-root)
    root += 1
    result *= root
    return result
