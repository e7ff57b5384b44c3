"""Cholesky factors by blocks, in NumPy alone.

SciPy's routines hold Python's lock from beginning to end, and no request is answered meanwhile. NumPy lets it go in
each product and in each small factorization.
"""

from collections.abc import Callable

import numpy as np

from app.proximity.kernel import FloatArray

_BLOCK = 256


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
        corner = np.linalg.cholesky(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = corner
        matrix[start:stop, stop:] = 0
        below = matrix[stop:, start:stop]
        below[:] = np.linalg.solve(corner, below.T).T
        for column in range(stop, n, _BLOCK):
            rest = matrix[column:, column : column + _BLOCK]
            rest -= below[column - stop :] @ below[column - stop : column - stop + _BLOCK].T
    return matrix


def half_solve(lower: FloatArray, right: FloatArray) -> FloatArray:
    """L^-1 of a vector, shape (n,), or of columns, (n, m)."""
    solved = np.array(right, dtype=np.float64)
    for start in range(0, len(lower), _BLOCK):
        rows = slice(start, start + _BLOCK)
        solved[rows] = np.linalg.solve(lower[rows, rows], solved[rows] - lower[rows, :start] @ solved[:start])
    return solved


def solve(lower: FloatArray, right: FloatArray) -> FloatArray:
    """(L L')^-1 of a vector, shape (n,)."""
    solved = half_solve(lower, right)
    for start in reversed(range(0, len(lower), _BLOCK)):
        rows, stop = slice(start, start + _BLOCK), start + _BLOCK
        solved[rows] = np.linalg.solve(lower[rows, rows].T, solved[rows] - lower[stop:, rows].T @ solved[stop:])
    return solved
