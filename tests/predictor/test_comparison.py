import numpy as np
import pytest

from app.predictor.comparison import leave_one_out_tau
from app.proximity.agreement import agreement
from app.proximity.weighting import Weighting

from .models import GROUPS, heights, model_of, points


def test_each_is_left_out_as_if_it_had_not_been_observed() -> None:
    where = points(40)
    values = heights(where)
    without = []
    for i in range(40):
        rest = [j for j in range(40) if j != i]
        model = model_of(where[rest], [values[j] for j in rest])
        without.append(model.estimate(where[i : i + 1], Weighting.KRIGING).estimates.mean[0])

    model = model_of(where, values)
    found = leave_one_out_tau(model.log, GROUPS, model.scales)

    # The scores are those of 40 values here and of 39 there, which changes no more than a rank or two.
    expected = agreement(np.array(values), np.array(without))["kendall_tau"]
    assert found == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("n", [0, 2])
def test_two_are_too_few_to_rank(n: int) -> None:
    model = model_of(points(n), heights(points(n)))

    assert leave_one_out_tau(model.log, GROUPS, model.scales) is None


def test_equal_values_cannot_be_ranked() -> None:
    model = model_of(points(20), [90.0] * 20)

    assert leave_one_out_tau(model.log, GROUPS, model.scales) is None


def test_repeats_count_as_one_architecture() -> None:
    where = np.concatenate([points(30), points(30)])
    values = [*heights(points(30)), *heights(points(30))]
    repeated = model_of(where, values, [f"p{i % 30}" for i in range(60)])
    once = model_of(points(30), heights(points(30)))

    twice = leave_one_out_tau(repeated.log, GROUPS, repeated.scales)

    assert twice == pytest.approx(leave_one_out_tau(once.log, GROUPS, once.scales), abs=0.05)


def test_trainings_of_lower_fidelity_are_no_test() -> None:
    model = model_of(points(30), heights(points(30)))
    alone = leave_one_out_tau(model.log, GROUPS, model.scales)
    tried = points(60, seed=1)

    model.add([f"q{i}" for i in range(60)], tried, np.random.default_rng(0).normal(size=60), [0.25] * 60)

    assert leave_one_out_tau(model.log, GROUPS, model.scales) == alone
