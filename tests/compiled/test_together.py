"""Kriging with all points, compiled, says what LAPACK says."""

from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.proximity.factorization import Factorization
from app.proximity.kernel import matern, squared_distances

from .builds import BUILDS

DIMENSION, NOISE = 19, 0.05
Points = NDArray[np.float64]


@pytest.fixture(params=BUILDS)
def build(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(request.param)


def points(n: int, seed: int = 0, dimension: int = DIMENSION) -> Points:
    return np.random.default_rng(seed).normal(scale=0.3, size=(n, dimension))


def factorized(n: int) -> Factorization:
    return Factorization.of(points(n), np.random.default_rng(n).integers(1, 4, n).astype(float), NOISE)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 16, 17, 40, 300])
@pytest.mark.parametrize("m", [1, 3, 150])
def test_all_points_are_weighed_as_by_lapack(build: ModuleType, n: int, m: int) -> None:
    known, candidates = factorized(n), points(m, seed=1)
    columns = np.random.default_rng(2).normal(size=(n, 2))

    weighed, explained, nearest, distance = build.krige_together(candidates, known.points, known.lower.T, columns)

    squared = squared_distances(candidates, known.points)
    kernel = matern(squared)
    np.testing.assert_allclose(weighed, kernel @ columns, atol=1e-12)
    np.testing.assert_allclose(explained, np.square(known.half_solve(kernel.T)).sum(axis=0), atol=1e-12)
    np.testing.assert_array_equal(nearest, squared.argmin(axis=1))
    np.testing.assert_allclose(distance, np.sqrt(squared.min(axis=1)), atol=1e-12)
    weights = build.weights_together(candidates, known.points, known.lower.T)
    np.testing.assert_allclose(weights, known.solve(kernel.T).T, atol=1e-12)


def test_a_candidate_that_was_trained_lies_where_it_is(build: ModuleType) -> None:
    known = factorized(50)

    weighed, _, nearest, distance = build.krige_together(known.points, known.points, known.lower.T, np.eye(50))

    assert nearest.tolist() == list(range(50))
    assert (distance == 0).all()
    assert (np.diag(weighed) == 1).all()


def test_the_first_of_equal_points_is_the_nearest(build: ModuleType) -> None:
    known = Factorization.of(np.tile(points(3), (2, 1)), np.ones(6), NOISE)

    nearest = build.krige_together(points(3), known.points, known.lower.T, np.ones((6, 1)))[2]

    assert nearest.tolist() == [0, 1, 2]


def test_points_that_are_far_away_say_nothing(build: ModuleType) -> None:
    known = factorized(20)

    weighed, explained, _, _ = build.krige_together(points(5) + 1e6, known.points, known.lower.T, np.ones((20, 1)))

    assert np.abs(weighed).max() < 1e-100
    assert explained.max() < 1e-100


@settings(deadline=None, max_examples=30)
@given(n=st.integers(1, 300), start=st.integers(0, 299), known=st.sampled_from([1, 7, 16, 17, 45, 64]))
@pytest.mark.parametrize("name", BUILDS)
def test_how_many_are_asked_about_changes_nothing_of_an_answer(name: str, n: int, start: int, known: int) -> None:
    build, held, candidates = import_module(name), factorized(known), points(300, seed=1)

    def told(part: slice) -> list[Points]:
        return list(build.krige_together(candidates[part], held.points, held.lower.T, np.ones((known, 1))))

    weights = build.weights_together(candidates, held.points, held.lower.T)
    whole = told(slice(None))
    for part in (slice(start, start + n), slice(start, start + 1)):
        for all_of_them, those in zip(whole, told(part), strict=True):
            np.testing.assert_array_equal(all_of_them[part], those)
        some = build.weights_together(candidates[part], held.points, held.lower.T)
        np.testing.assert_array_equal(weights[part], some)


def test_shapes_that_do_not_fit_are_refused(build: ModuleType) -> None:
    known, ones = factorized(4), np.ones((4, 1))

    with pytest.raises(ValueError, match="all points have the same columns"):
        build.krige_together(points(2, dimension=3), known.points, known.lower.T, ones)
    with pytest.raises(ValueError, match="the factor is that of the points"):
        build.krige_together(points(2), known.points, known.lower.T[:3], ones)
    with pytest.raises(ValueError, match="columns have a number for each point"):
        build.krige_together(points(2), known.points, known.lower.T, ones[:3])
    with pytest.raises(ValueError, match="there is a point"):
        build.krige_together(points(2), points(0), np.empty((0, 0)), np.empty((0, 1)))
