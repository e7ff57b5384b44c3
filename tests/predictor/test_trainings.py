"""When it is time to fit scales again."""

from itertools import pairwise

import numpy as np
import pytest

from app.predictor.trainings import Trainings


def trainings(levels: list[float], batch: int) -> tuple[Trainings, list[int]]:
    """Trainings of different architectures at levels, and how many were to be fitted to after each batch."""
    found, to_fit = Trainings(), []
    for start in range(0, len(levels), batch):
        part = np.array(levels[start : start + batch])
        found.add(start + np.arange(len(part)), np.zeros(len(part)), part)
        to_fit.append(found.to_fit)
    return found, to_fit


def test_of_one_fidelity_it_is_time_on_each_step_of_the_staircase() -> None:
    _, to_fit = trainings([1.0] * 70, 1)

    assert sorted(set(to_fit)) == [0, 25, 32, 40, 50, 63]
    assert all(n <= i for i, n in enumerate(to_fit, start=1))


def test_it_is_time_when_either_fidelity_has_grown_or_there_is_another_target() -> None:
    # 30 quick ones, 4 full ones, the fifth of which makes them the target, and then both in turn.
    _, to_fit = trainings([0.25] * 30 + [1.0] * 5 + [0.25, 1.0] * 30, 1)

    steps = [n for n, following in pairwise([*to_fit, 0]) if n != following]
    assert steps[:3] == [0, 25, 35]
    assert all(n <= 95 for n in steps)


@pytest.mark.parametrize("batch", [1, 7, 95])
def test_the_size_of_batches_does_not_matter(batch: int) -> None:
    levels = [0.25] * 30 + [1.0] * 5 + [0.25, 1.0] * 30

    found, _ = trainings(levels, batch)

    alone, _ = trainings(levels, 1)
    assert (found.to_fit, found.levels, found.per_level) == (alone.to_fit, alone.levels, alone.per_level)
