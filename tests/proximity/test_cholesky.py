"""Cholesky factors by blocks, of matrices smaller and larger than a block."""

import numpy as np
import pytest

from app.proximity.cholesky import factorize, half_solve, inverse, solve
from app.proximity.kernel import FloatArray, matern, squared_distances


def covariance(n: int) -> FloatArray:
    where = np.random.default_rng(n).normal(size=(n, 5))
    return np.asarray(matern(squared_distances(where, where)) + 0.01 * np.eye(n))


@pytest.mark.parametrize("n", [1, 7, 255, 256, 257, 700])
def test_a_factor_is_that_of_the_whole_matrix(n: int) -> None:
    matrix = covariance(n)

    np.testing.assert_allclose(factorize(matrix.copy()), np.linalg.cholesky(matrix), atol=1e-12)


@pytest.mark.parametrize("n", [1, 256, 700])
def test_solving_gives_the_vector_back(n: int) -> None:
    matrix, wanted = covariance(n), np.random.default_rng(0).normal(size=n)

    np.testing.assert_allclose(solve(factorize(matrix.copy()), matrix @ wanted), wanted, atol=1e-9)


def test_what_is_not_positive_definite_is_refused() -> None:
    matrix = covariance(600)
    matrix[500, 500] = -1

    with pytest.raises(np.linalg.LinAlgError):
        factorize(matrix)


@pytest.mark.parametrize("n", [1, 2, 49, 50, 51, 101, 300])
def test_an_inverse_is_that_of_the_factor(n: int) -> None:
    lower = factorize(covariance(n))

    np.testing.assert_allclose(inverse(lower) @ lower, np.eye(n), atol=1e-10)
    np.testing.assert_allclose(np.triu(inverse(lower), 1), 0, atol=1e-12)


@pytest.mark.parametrize("columns", [(), (1,), (7,)])
def test_half_a_solution_is_the_factors(columns: tuple[int, ...]) -> None:
    lower = factorize(covariance(300))
    right = np.random.default_rng(1).normal(size=(300, *columns))

    np.testing.assert_allclose(lower @ half_solve(lower, right), right, atol=1e-10)
