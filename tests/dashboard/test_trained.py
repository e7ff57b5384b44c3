from typing import Any

import numpy as np

from app.dashboard.timeline import Timelines
from app.dashboard.trained import BEST, NEWEST, Trained
from app.domain.observation import Observation
from app.predictor.store import ObservationStore

from .studies import ACCURACY, LATENCY, training


def trained(store: ObservationStore, observations: list[Observation], metric: str = "accuracy") -> Trained:
    store.append("cells", observations)
    return Trained.of(Timelines().of("cells", store), metric)


def test_of_an_empty_study_nothing_was_trained(store: ObservationStore) -> None:
    found = trained(store, [])

    assert len(found) == len(found.shown(ACCURACY, 100)) == 0


def test_an_architecture_counts_once_with_the_mean_of_its_full_trainings(store: ObservationStore) -> None:
    key: dict[str, Any] = {"architecture_id": "a" * 32}
    store.append("cells", [training(0, 90.0, **key), training(1, 94.0, **key)])
    store.append("cells", [training(2, **key), training(3, 10.0, fidelity={"epochs": 5}, **key)])

    found = trained(store, [training(4, 91.0)])

    assert found.names == [f"{4:032x}", "a" * 32]
    assert found.values.tolist() == [91.0, 92.0]
    assert (found.trainings.tolist(), found.failed.tolist()) == ([1, 4], [0, 1])
    assert found.revisions.tolist() == [3, 2]


def test_what_was_never_trained_in_full_has_no_value(store: ObservationStore) -> None:
    found = trained(store, [training(0), training(1, 50.0, fidelity={"epochs": 5})])

    np.testing.assert_equal(found.values, [np.nan, np.nan])


def test_of_many_the_newest_the_best_and_the_smallest_ids_are_shown(store: ObservationStore) -> None:
    rng = np.random.default_rng(0)
    keys = [f"{key:032x}" for key in rng.permutation(3000).tolist()]
    values = rng.normal(90, 1, 3000)
    found = trained(store, [training(i, values[i], architecture_id=keys[i]) for i in range(3000)])

    shown = set(found.shown(ACCURACY, 1000).names)

    assert len(shown) == 1000
    assert shown >= set(keys[-NEWEST:])
    assert shown >= {keys[i] for i in np.argsort(-values)[:BEST]}
    rest = 1000 - NEWEST - BEST
    assert shown >= set(sorted(keys)[:rest])


def test_the_best_are_those_with_less_where_the_metric_says_so(store: ObservationStore) -> None:
    values = list(range(1000, 2000))
    found = trained(
        store, [training(i, 90.0, metrics={"latency": float(value)}) for i, value in enumerate(values)], "latency"
    )

    assert found.values.min() in found.shown(LATENCY, 100).values


def test_what_is_shown_stays_while_few_come(store: ObservationStore) -> None:
    rng = np.random.default_rng(0)
    keys = [f"{key:032x}" for key in rng.permutation(2000).tolist()]
    before = trained(store, [training(i, 90.0, architecture_id=keys[i]) for i in range(1900)]).shown(ACCURACY, 1000)
    after = trained(store, [training(i, 80.0, architecture_id=keys[i]) for i in range(1900, 2000)]).shown(
        ACCURACY, 1000
    )

    stayed = set(before.names) & set(after.names)
    assert len(stayed) >= 1000 - NEWEST - BEST
