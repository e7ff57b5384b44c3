import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proximity.kernel import matern, scaled, squared_distances


def test_each_column_is_scaled_by_its_group() -> None:
    columns, log_scales = np.array([0, 0, 1]), np.log([4.0, 9.0])

    z = scaled(np.array([[1, 2, 3]], np.float32), columns, log_scales)

    np.testing.assert_allclose(z, [[2, 4, 9]])
    assert z.dtype == np.float64


def test_squared_distances_of_scaled_points_weigh_the_groups() -> None:
    columns, log_scales = np.array([0, 1]), np.log([4.0, 9.0])

    z = scaled(np.array([[0.0, 0.0], [1.0, 2.0]]), columns, log_scales)

    assert squared_distances(z[:1], z[1:])[0, 0] == pytest.approx(4 * 1 + 9 * 4)


@settings(deadline=None)
@given(n=st.integers(1, 20), m=st.integers(1, 20), seed=st.integers(0, 1000))
def test_squared_distances_are_those_of_the_definition(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, 5)), rng.normal(size=(m, 5))

    expected = ((a[:, None] - b[None]) ** 2).sum(axis=2)

    np.testing.assert_allclose(squared_distances(a, b), expected, atol=1e-12)


def test_rounding_leaves_no_negative_distance() -> None:
    points = np.repeat(np.random.default_rng(0).normal(100, 1, size=(40, 7)), 2, axis=0)

    assert squared_distances(points, points).min() >= 0


def test_a_point_is_wholly_like_itself_and_unlike_one_far_away() -> None:
    assert matern(np.array([0.0])).tolist() == [1.0]
    assert matern(np.array([1e6])).tolist() == [0.0]


def test_likeness_follows_the_matern_formula_and_falls_with_distance() -> None:
    # At squared distance 1/3 the root is 1.
    assert matern(np.array([1 / 3]))[0] == pytest.approx(2 / np.e)
    assert matern(np.array([3.0]))[0] == pytest.approx(4 * np.exp(-3))
    assert (np.diff(matern(np.linspace(0, 20, 100))) < 0).all()


def test_the_argument_of_the_kernel_is_left_as_it_was() -> None:
    squared = np.array([[0.0, 2.0]])

    matern(squared)

    assert squared.tolist() == [[0.0, 2.0]]
