import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proximity.factorization import Factorization
from app.proximity.kernel import FloatArray, matern


def points(n: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(n, 3))


def covariance(x: FloatArray, repeats: FloatArray, noise: float) -> FloatArray:
    """K + vR, entry by entry."""
    squared = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    return np.asarray(matern(squared) + np.diag(noise / repeats))


def test_the_factor_multiplies_back_to_the_covariance() -> None:
    x, repeats = points(12), np.arange(1.0, 13.0)

    found = Factorization.of(x, repeats, 0.1)

    np.testing.assert_allclose(found.lower @ found.lower.T, covariance(x, repeats, 0.1), atol=1e-10)
    assert not np.triu(found.lower, 1).any()


def test_solving_agrees_with_numpy() -> None:
    x, repeats = points(12), np.ones(12)
    right = np.random.default_rng(1).normal(size=(12, 2))

    factorization = Factorization.of(x, repeats, 0.05)

    np.testing.assert_allclose(
        factorization.solve(right), np.linalg.solve(covariance(x, repeats, 0.05), right), rtol=1e-8
    )
    np.testing.assert_allclose(factorization.solve(right[:, 0]), factorization.solve(right)[:, 0], rtol=1e-10)


def test_half_a_solution_squares_to_the_quadratic_form() -> None:
    factorization = Factorization.of(points(12), np.ones(12), 0.05)
    right = np.random.default_rng(1).normal(size=12)

    half = factorization.half_solve(right)

    assert half @ half == pytest.approx(right @ factorization.solve(right))


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5), seed=st.integers(0, 1000))
def test_an_extended_factorization_equals_one_made_at_once(sizes: list[int], seed: int) -> None:
    n = sum(sizes)
    x, repeats = points(n, seed), np.random.default_rng(seed).integers(1, 5, size=n).astype(float)
    whole = Factorization.of(x, repeats, 0.02)

    grown = Factorization.of(x[: sizes[0]], repeats[: sizes[0]], 0.02)
    for start, size in zip(np.cumsum(sizes)[:-1], sizes[1:], strict=True):
        grown = grown.extended(x[start : start + size], repeats[start : start + size])

    np.testing.assert_allclose(grown.lower, whole.lower, atol=1e-10)
    np.testing.assert_array_equal(grown.points, whole.points)
    np.testing.assert_array_equal(grown.repeats, whole.repeats)
    assert grown.noise == whole.noise


def test_extending_leaves_the_former_as_it_was() -> None:
    former = Factorization.of(points(5), np.ones(5), 0.02)
    lower = former.lower.copy()

    former.extended(points(2, seed=1), np.ones(2))

    np.testing.assert_array_equal(former.lower, lower)
    assert len(former.points) == 5


def test_repeats_count_as_the_mean_of_as_many_trainings() -> None:
    # Three trainings of one network, each with noise v, say as much as one with noise v / 3.
    x, t = points(6), np.random.default_rng(1).normal(size=6)
    apart = np.concatenate([x, x[:1], x[:1]])
    kernel = matern(((x[:, None] - points(1, seed=2)) ** 2).sum(axis=2))[:, 0]

    together = Factorization.of(x, np.array([3.0, 1, 1, 1, 1, 1]), 0.3).solve(t) @ kernel
    separate = Factorization.of(apart, np.ones(8), 0.3).solve(np.append(t, [t[0], t[0]])) @ np.append(
        kernel, [kernel[0], kernel[0]]
    )

    assert together == pytest.approx(separate)


def test_many_exact_copies_factorize() -> None:
    factorization = Factorization.of(np.ones((50, 3)), np.full(50, 20.0), float(np.exp(-8)))

    assert np.isfinite(factorization.solve(np.ones(50))).all()


@settings(deadline=None)
@given(n=st.integers(1, 12), data=st.data(), repeats=st.integers(2, 50))
def test_repeated_points_give_the_factorization_made_with_their_repeats(
    n: int, data: st.DataObject, repeats: int
) -> None:
    several = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1))))
    changed = np.ones(n)
    changed[several] = repeats + np.arange(len(several))
    first = Factorization.of(points(n), np.ones(n), 0.05)

    found = first.repeated(several, changed[several])

    np.testing.assert_allclose(found.lower, Factorization.of(points(n), changed, 0.05).lower, atol=1e-12)
    np.testing.assert_array_equal(found.repeats, changed)
    np.testing.assert_allclose(first.lower, Factorization.of(points(n), np.ones(n), 0.05).lower, atol=1e-15)
