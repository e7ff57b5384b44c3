"""Trainings of less than full fidelity, told apart and made comparable."""

import numpy as np
import pytest

from app.proximity.fidelity import aligned, level_column, level_of, target_level


@pytest.mark.parametrize(
    ("share", "level"),
    [(1, 1), (190 / 200, 1), (169 / 200, 1), (168 / 200, 0.5**0.5), (0.5, 0.5), (12 / 200, 1 / 16), (1e-300, 2**-20)],
)
def test_a_level_is_the_nearest_half_octave(share: float, level: float) -> None:
    assert level_of(share) == pytest.approx(level)


@pytest.mark.parametrize(
    ("architectures", "target"),
    [
        ({}, 1.0),
        ({0.25: 1}, 0.25),
        ({0.25: 300, 1.0: 4}, 0.25),
        ({0.25: 300, 1.0: 5}, 1.0),
        ({0.25: 2, 1.0: 2}, 1.0),
        ({0.0625: 300, 0.25: 30, 1.0: 3}, 0.25),
    ],
)
def test_estimates_are_of_the_highest_level_with_five_architectures(
    architectures: dict[float, int], target: float
) -> None:
    assert target_level(architectures) == target


def test_a_single_lower_level_is_as_good_as_the_full_one() -> None:
    assert level_column(np.array([0.25, 0.25])).tolist() == [0, 0]
    assert level_column(np.array([0.25, 0.5])).tolist() == pytest.approx([np.log(0.25), np.log(0.5)])


def test_a_level_of_the_better_half_keeps_its_place_above_the_others() -> None:
    quick = np.linspace(10, 50, 40)
    better = np.arange(20, 40)
    levels = np.repeat([0.25, 0.5], [40, 20])
    architectures = np.concatenate([np.arange(40), better])

    scores = aligned(levels, architectures, np.concatenate([quick, quick[better] + 30]))

    first, second = scores[:40], scores[40:]
    assert second.mean() == pytest.approx(first[better].mean())
    assert (np.diff(first) > 0).all()
    assert (np.diff(second) > 0).all()


def test_levels_without_a_common_architecture_are_centered_each() -> None:
    scores = aligned(np.repeat([0.25, 0.5], 10), np.arange(20), np.arange(20.0))

    assert scores[:10].mean() == pytest.approx(0)
    assert scores[10:].mean() == pytest.approx(0)


def test_trainings_may_come_in_any_order() -> None:
    rng = np.random.default_rng(0)
    levels, architectures, values = rng.choice([0.25, 0.5], 30), rng.integers(10, size=30), rng.normal(size=30)
    order = rng.permutation(30)

    scores = aligned(levels, architectures, values)

    np.testing.assert_allclose(aligned(levels[order], architectures[order], values[order]), scores[order])
