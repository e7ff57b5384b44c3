"""Cholesky factors by blocks, in NumPy alone.

SciPy's routines hold Python's lock from beginning to end, and no request is answered meanwhile. NumPy lets it go in
each product and in each small factorization.
"""

from collections.abc import Callable

import numpy as np

from app.proximity.kernel import FloatArray

_BLOCK, _SMALL = 256, 50  # rows


def factorize(matrix: FloatArray, go_on: Callable[[], None] = lambda: None) -> FloatArray:
    """L with L L' = matrix, symmetric and positive definite, in the memory of its lower half; the upper is zero.

    The right-looking algorithm (Golub & Van Loan, "Matrix Computations", section 4.2.6), in n^3 / 3 multiplications.

    Args:
        go_on: called for each block; raises where the factor is not wanted any more.

    Raises:
        numpy.linalg.LinAlgError: it is not positive definite.
    """
    n = len(matrix)
    for start in range(0, n, _BLOCK):
        go_on()
        stop = min(start + _BLOCK, n)
        corner = np.asarray(np.linalg.cholesky(matrix[start:stop, start:stop]), dtype=np.float64)
        matrix[start:stop, start:stop] = corner
        matrix[start:stop, stop:] = 0
        below = matrix[stop:, start:stop]
        below[:] = below @ inverse(corner).T
        for column in range(stop, n, _BLOCK):
            rest = matrix[column:, column : column + _BLOCK]
            rest -= below[column - stop :] @ below[column - stop : column - stop + _BLOCK].T
    return matrix


def inverse(lower: FloatArray) -> FloatArray:
    """L^-1, by halves; NumPy's own does not know of the zeros, which are half of the work and more.

    Of L = (A 0; B C) it is (A^-1 0; -C^-1 B A^-1 C^-1).
    """
    n = len(lower)
    if n <= _SMALL:
        return np.asarray(np.linalg.inv(lower))
    half = n // 2
    above, below = inverse(lower[:half, :half]), inverse(lower[half:, half:])
    found = np.zeros((n, n))
    found[:half, :half], found[half:, half:] = above, below
    found[half:, :half] = -below @ (lower[half:, :half] @ above)
    return found


def half_solve(lower: FloatArray, right: FloatArray) -> FloatArray:
    """L^-1 of a vector, shape (n,), or of columns, (n, m)."""
    solved = np.array(right, dtype=np.float64)
    for start in range(0, len(lower), _BLOCK):
        rows = slice(start, start + _BLOCK)
        solved[rows] = inverse(lower[rows, rows]) @ (solved[rows] - lower[rows, :start] @ solved[:start])
    return solved


def solve(lower: FloatArray, right: FloatArray) -> FloatArray:
    """(L L')^-1 of a vector, shape (n,)."""
    solved = half_solve(lower, right)
    for start in reversed(range(0, len(lower), _BLOCK)):
        rows, stop = slice(start, start + _BLOCK), start + _BLOCK
        solved[rows] = inverse(lower[rows, rows]).T @ (solved[rows] - lower[stop:, rows].T @ solved[stop:])
    return solved
