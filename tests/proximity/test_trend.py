"""A trend with an unknown slope is the same as a kernel with c m m' in it."""

import numpy as np
import pytest

from app.proximity.factorization import Factorization
from app.proximity.kernel import FloatArray, matern, squared_distances
from app.proximity.trend import Guess, Trend

N, M, NOISE, LOG_WEIGHT = 30, 7, 0.1, 0.7
RNG = np.random.default_rng(0)
POINTS, CANDIDATES = RNG.normal(size=(N, 3)), RNG.normal(size=(M, 3))
GUESSED, GUESSED_THERE = RNG.normal(size=N), RNG.normal(size=M)


def followed(scores: FloatArray, variance: FloatArray) -> tuple[Trend, FloatArray, FloatArray]:
    """A trend, and the mean and variance of candidates with it, but for s^2."""
    observed = Factorization.of(POINTS, np.ones(N), NOISE)
    trend = Trend.of(GUESSED, scores, observed, LOG_WEIGHT)
    kernel = matern(squared_distances(CANDIDATES, POINTS))
    guess = Guess(GUESSED_THERE, variance)
    left = trend.left(guess, kernel @ trend.solved)
    half = observed.half_solve(kernel.T)
    without = matern(squared_distances(CANDIDATES, CANDIDATES)) - half.T @ half
    if variance.ndim == 1:
        without = np.diag(without)
    return trend, kernel @ observed.solve(scores) + trend.slope * left, without + trend.variance(left, guess, 1.0)


def by_kernel(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and covariance by kriging with the kernel K + c m m'."""
    m, there = GUESSED - GUESSED.mean(), GUESSED_THERE - GUESSED.mean()
    c = np.exp(LOG_WEIGHT)
    covariance = matern(squared_distances(POINTS, POINTS)) + NOISE * np.eye(N) + c * np.outer(m, m)
    kernel = matern(squared_distances(CANDIDATES, POINTS)) + c * np.outer(there, m)
    among = matern(squared_distances(CANDIDATES, CANDIDATES)) + c * np.outer(there, there)
    return kernel @ np.linalg.solve(covariance, scores), among - kernel @ np.linalg.solve(covariance, kernel.T)


def test_mean_and_covariance_are_those_of_the_kernel_with_the_trend() -> None:
    scores = RNG.normal(size=N)
    mean, covariance = by_kernel(scores)

    _, found, together = followed(scores, np.zeros((M, M)))
    _, _, variance = followed(scores, np.zeros(M))

    np.testing.assert_allclose(found, mean, atol=1e-9)
    np.testing.assert_allclose(together, covariance, atol=1e-9)
    np.testing.assert_allclose(variance, np.diag(covariance), atol=1e-9)


def test_the_doubt_of_the_guess_counts_by_the_square_of_the_slope() -> None:
    scores = 2 * (GUESSED - GUESSED.mean())
    doubt = np.linspace(0, 1, M)

    trend, _, with_doubt = followed(scores, doubt)
    _, _, without = followed(scores, np.zeros(M))

    assert trend.slope == pytest.approx(2, abs=0.1)
    np.testing.assert_allclose(with_doubt - without, trend.slope**2 * doubt)


def test_scores_that_do_not_follow_the_guess_give_hardly_a_slope() -> None:
    slopes = [followed(np.random.default_rng(seed).normal(size=N), np.zeros(M))[0].slope for seed in range(20)]

    assert np.abs(np.mean(slopes)) < 0.1
    assert np.max(np.abs(slopes)) < 0.7


def test_a_guess_that_is_the_same_everywhere_says_nothing() -> None:
    observed = Factorization.of(POINTS, np.ones(N), NOISE)

    trend = Trend.of(np.full(N, 3.0), RNG.normal(size=N), observed, LOG_WEIGHT)

    assert trend.slope == 0
    assert trend.left(Guess(np.full(M, 3.0), np.zeros(M)), np.zeros(M)).tolist() == [0] * M
