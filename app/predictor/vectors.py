"""What an index accepts: the checks that every `NeighborIndex` makes before it touches a value."""

import numpy as np

from app.predictor.ports import Float32Array

# The square of a difference, 4e30, summed over up to 8e7 columns, still fits float32; a larger value would come back
# at an infinite distance.
LARGEST_MAGNITUDE = 1e15


def checked_dimension(dimension: int) -> int:
    """The dimension, at least 1.

    Raises:
        ValueError: below 1.
    """
    if dimension < 1:
        raise ValueError(f"dimension is {dimension}: a vector has at least 1 column")
    return dimension


def checked_vectors(vectors: Float32Array, dimension: int) -> Float32Array:
    """The same values in C order.

    Args:
        vectors: shape (n, dimension), float32, finite.

    Raises:
        ValueError: another shape or dtype, or a value that is not finite or beyond `LARGEST_MAGNITUDE`.
    """
    kind = getattr(vectors, "dtype", type(vectors).__name__)
    if kind != np.float32:
        raise ValueError(f"vectors are {kind}: pass a float32 array")
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise ValueError(f"vectors have shape {vectors.shape}: pass (n, {dimension})")
    # Written so that NaN, for which every comparison is false, is refused too.
    fits = np.abs(vectors) <= LARGEST_MAGNITUDE
    if not fits.all():
        row, column = np.argwhere(~fits)[0]
        value = vectors[row, column]
        raise ValueError(f"row {row}, column {column} is {value}: values are finite and within {LARGEST_MAGNITUDE:g}")
    return np.ascontiguousarray(vectors)


def checked_k(k: int, size: int) -> int:
    """How many neighbors a search returns: k, or all where there are fewer.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least 1 neighbor")
    return min(k, size)
