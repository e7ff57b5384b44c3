import numpy as np
import pytest

from app.dashboard.projection import Projection


def test_the_direction_of_most_variance_comes_first() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(500, 3)) * [1.0, 10.0, 3.0] + 7

    projection = Projection.fit(points)

    assert np.abs(projection.axes).argmax(axis=1).tolist() == [1, 2]
    assert projection.explained == pytest.approx((100 / 110, 9 / 110), rel=0.2)
    places = projection.places(points)
    assert places.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert places.std(axis=0) == pytest.approx([10, 3], rel=0.1)


def test_distances_in_the_plane_are_those_of_the_space() -> None:
    points = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 0.0]])

    places = Projection.fit(points).places(points)

    assert np.linalg.norm(places[1] - places[0]) == pytest.approx(5)


@pytest.mark.parametrize("points", [np.zeros((1, 5)), np.zeros((4, 1)), np.ones((3, 4)), np.eye(2)])
def test_a_space_of_few_dimensions_has_places_too(points: np.ndarray) -> None:
    projection = Projection.fit(points)

    assert projection.places(points).shape == (len(points), 2)
    assert np.isfinite(projection.places(points)).all()
    assert sum(projection.explained) <= 1 + 1e-9


def test_better_ones_are_turned_to_the_right_and_up() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 4)) * [5.0, 3.0, 1.0, 1.0]
    projection = Projection.fit(points)
    for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        gains = projection.places(points) @ signs

        turned = projection.turned(projection.places(points), gains)

        assert np.corrcoef(turned.places(points)[:, 0], gains)[0, 1] > 0
        assert np.corrcoef(turned.places(points)[:, 1], gains)[0, 1] > 0


def test_gains_that_are_not_known_turn_nothing() -> None:
    points = np.random.default_rng(0).normal(size=(20, 3))
    projection = Projection.fit(points)

    turned = projection.turned(projection.places(points), np.full(20, np.nan))

    assert (turned.axes == projection.axes).all()
    assert (np.take_along_axis(projection.axes, np.abs(projection.axes).argmax(axis=1)[:, None], axis=1) > 0).all()
