from math import isnan

import numpy as np
import pytest

from app.bootstrap import new_index
from app.domain.errors import EmproxError
from app.evaluation.protocol import Measured, Protocol, evaluate
from app.predictor.ports import Encoder
from app.spaces.nasbench201 import NasBench201

from .conftest import Cells

AGREEMENT = ["kendall_tau", "spearman", "pearson", "mae", "rmse", "top_10_precision", "coverage"]
TIMINGS = ["fit_seconds", "query_ms"]
SMALL = Protocol(train=50, test=25, trials=2)


def measured(cells: Cells, encoder: Encoder, protocol: Protocol) -> dict[str, Measured]:
    return evaluate(cells.architectures, cells.values, encoder, new_index, protocol)


def agreement(found: dict[str, Measured]) -> dict[str, Measured]:
    """All but the timings."""
    return {name: found[name] for name in AGREEMENT}


def test_every_measure_has_a_mean_and_a_deviation(cells: Cells, encoder: Encoder) -> None:
    found = measured(cells, encoder, SMALL)

    assert list(found) == AGREEMENT + TIMINGS
    assert all(np.isfinite([value.mean, value.std]).all() for value in found.values())
    assert all(found[name].mean > 0 for name in TIMINGS)
    assert 0 < found["mae"].mean <= found["rmse"].mean
    assert found["kendall_tau"].mean > 0.6


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(cells: Cells, encoder: Encoder) -> None:
    first, again = measured(cells, encoder, SMALL), measured(cells, encoder, SMALL)
    other = measured(cells, encoder, Protocol(train=50, test=25, trials=2, seed=1))

    assert agreement(first) == agreement(again)
    assert agreement(first) != agreement(other)


def test_trials_differ_from_one_another(cells: Cells, encoder: Encoder) -> None:
    assert measured(cells, encoder, SMALL)["rmse"].std > 0
    assert measured(cells, encoder, Protocol(train=50, test=25, trials=1))["rmse"].std == 0


def test_progress_is_told_after_each_trial(cells: Cells, encoder: Encoder) -> None:
    told: list[int] = []

    evaluate(cells.architectures, cells.values, encoder, new_index, SMALL, told.append)

    assert told == [1, 2]


def test_values_that_are_all_the_same_cannot_be_ranked(cells: Cells, encoder: Encoder) -> None:
    constant = Cells(cells.architectures, np.full(80, 90.5))

    with pytest.raises(EmproxError, match=r"all 80 values are 90.5: there is nothing to rank"):
        measured(constant, encoder, SMALL)


def test_a_trial_without_ranks_has_errors_and_no_correlation(cells: Cells, encoder: Encoder) -> None:
    nearly_constant = Cells(cells.architectures, np.array([91.0] + [90.0] * 79))

    found = measured(nearly_constant, encoder, Protocol(train=77, test=2, trials=1))

    assert all(isnan(found[name].mean) for name in ("kendall_tau", "spearman", "pearson"))
    assert found["mae"].mean < 0.5


def test_the_benchmark_is_ranked_well_and_covered_by_its_intervals(
    nasbench201_rows: list[dict[str, str]], encoder: Encoder
) -> None:
    rng = np.random.default_rng(0)
    rows = [nasbench201_rows[i] for i in rng.choice(len(nasbench201_rows), 2000, replace=False)]
    architectures = [NasBench201().parse(row["arch"]) for row in rows]
    values = np.array([float(row["cifar10_valid"]) for row in rows])

    found = evaluate(architectures, values, encoder, new_index, Protocol(trials=5))

    assert found["kendall_tau"].mean > 0.78
    assert 0.8 < found["coverage"].mean < 0.98
