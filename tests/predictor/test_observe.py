"""Observing and predicting, end to end: the bundled encoder, a database, real threads."""

import asyncio
from dataclasses import replace
from math import inf, nan

import pytest

from app.domain.errors import (
    InvalidArchitectureError,
    InvalidObservationsError,
    NoObservationsError,
    ObservationConflictError,
    RevisionNotReachedError,
    StoreError,
    UnknownMetricError,
    UnknownSpaceError,
    UnknownStudyError,
)
from app.domain.observation import Status
from app.domain.prediction import Observed, Prediction
from app.domain.study import Metric, Study
from app.predictor.requests import PredictionAnswer

from .cells import CANDIDATES, CELLS, NOT_A_CELL, accuracy
from .running import Running, trained


def only(answer: PredictionAnswer) -> Prediction:
    (prediction,) = answer.predictions
    assert isinstance(prediction, Prediction)
    return prediction


def score(running: Running, candidate: str, metric: str = "val_accuracy") -> float:
    return only(running.predict(candidate)).metrics[metric].score


def test_an_observation_counts_in_the_very_next_prediction(running: Running) -> None:
    running.observe(trained(CELLS[0], val_accuracy=91.0))
    assert score(running, CANDIDATES[0]) == 91

    running.observe(trained(CELLS[0], val_accuracy=93.0))
    assert score(running, CANDIDATES[0]) == 92


def test_predictions_come_in_the_order_of_the_candidates(running: Running) -> None:
    running.observe(*map(trained, CELLS[:20]))

    answer = running.predict(CELLS[3], NOT_A_CELL, 5, CELLS[3], CELLS[7])

    first, unknown, number, again, last = answer.predictions
    assert isinstance(unknown, InvalidArchitectureError)
    assert isinstance(number, InvalidArchitectureError)
    assert first == again
    assert isinstance(first, Prediction)
    assert isinstance(last, Prediction)
    assert first.observed["val_accuracy"].mean == accuracy(CELLS[3])
    assert last.observed["val_accuracy"].mean == accuracy(CELLS[7])
    assert (answer.k, answer.revision, answer.encoder) == (20, 1, "nasbench201/1")


def test_estimates_of_cells_that_were_not_trained_are_good(running: Running) -> None:
    running.observe(*map(trained, CELLS[:200]))
    running.fitted(155)

    errors = [abs(score(running, candidate) - accuracy(candidate)) for candidate in CANDIDATES]

    assert sum(errors) / len(errors) < 1


def test_sending_again_is_harmless_and_does_not_count_twice(running: Running) -> None:
    batch = [trained(CELLS[0], "a", val_accuracy=90.0), trained(CELLS[1], "b", val_accuracy=94.0)]
    running.observe(*batch)

    again = running.observe(*batch)

    assert [stored.created for stored in again.stored] == [False, False]
    assert [stored.predicted for stored in again.stored] == [None, None]
    assert again.revision == running.describe().revision == 1
    assert only(running.predict(CELLS[0])).observed == {"val_accuracy": Observed(90, 1)}
    assert running.describe().n_observations == 2


def test_the_same_twice_in_a_batch_counts_once(running: Running) -> None:
    answer = running.observe(trained(CELLS[0], "a"), trained(CELLS[0], "a"), trained(CELLS[0], "b"))

    assert [stored.created for stored in answer.stored] == [True, False, True]
    assert running.describe().n_observations == 2


def test_an_id_taken_by_another_content_stores_nothing(running: Running) -> None:
    running.observe(trained(CELLS[0], "a", val_accuracy=90.0))

    with pytest.raises(ObservationConflictError) as caught:
        running.observe(trained(CELLS[1], "b"), trained(CELLS[0], "a", val_accuracy=91.0))

    assert list(caught.value.errors) == [1]
    assert running.describe().n_observations == running.describe().revision == 1
    assert only(running.predict(CELLS[1])).observed == {}


def test_one_invalid_observation_stores_none_of_its_batch(running: Running) -> None:
    with pytest.raises(
        InvalidObservationsError, match="5 of 6 observations are invalid, and none was stored"
    ) as caught:
        running.observe(
            trained(NOT_A_CELL),
            trained(CELLS[0], loss=0.1),
            trained(CELLS[0]),
            trained(CELLS[0], val_accuracy=nan),
            trained(CELLS[0], val_accuracy=inf),
            replace(trained(CELLS[0]), metrics={}),
        )

    assert list(caught.value.errors) == [0, 1, 3, 4, 5]
    assert caught.value.errors[1] == "study 'cells' has no metric 'loss': it records val_accuracy, latency"
    assert caught.value.errors[3] == "metric 'val_accuracy' is nan: it must be a number from -1e+100 to 1e+100"
    assert running.describe().revision == 0
    with pytest.raises(NoObservationsError):
        running.predict(CELLS[0])


def test_failed_trainings_are_kept_and_do_not_count(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))
    before = score(running, CELLS[9])

    running.observe(
        replace(trained(CELLS[9], val_accuracy=1.0), status=Status.FAILED),
        replace(trained(CELLS[9]), status=Status.FAILED, metrics={}),
    )

    assert score(running, CELLS[9]) == before
    assert only(running.predict(CELLS[9])).observed == {}
    assert running.describe().n_observations == 7
    assert running.describe().architectures == {"val_accuracy": 5, "latency": 0}


def test_observations_may_lack_some_of_the_metrics(running: Running) -> None:
    running.observe(
        trained(CELLS[0], val_accuracy=90.0),
        trained(CELLS[1], latency=7.0),
        trained(CELLS[2], val_accuracy=94.0, latency=5.0),
    )

    both = only(running.predict(CELLS[2], neighbors=3))
    fast = only(running.predict(CELLS[2], metrics=["latency"], neighbors=3))

    assert set(both.metrics) == {"val_accuracy", "latency"}
    assert both.observed == {"val_accuracy": Observed(94, 1), "latency": Observed(5, 1)}
    assert set(fast.metrics) == {"latency"}
    # The neighbors are those of the first metric asked for, with what was measured of all that were.
    assert [dict(n.values) for n in both.neighbors] == [{"val_accuracy": 94, "latency": 5}, {"val_accuracy": 90}]
    assert sorted(n.values["latency"] for n in fast.neighbors) == [5, 7]
    assert running.describe().architectures == {"val_accuracy": 2, "latency": 2}


def test_a_metric_that_nobody_measured_is_left_out(running: Running) -> None:
    running.observe(trained(CELLS[0]))

    assert set(only(running.predict(CELLS[1])).metrics) == {"val_accuracy"}
    with pytest.raises(NoObservationsError, match="no observation of latency yet"):
        running.predict(CELLS[1], metrics=["latency"])


def test_what_was_expected_comes_with_the_acknowledgment(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))
    expected = only(running.predict(CELLS[9])).metrics

    (stored,) = running.observe(trained(CELLS[9])).stored

    assert stored.predicted == expected


def test_the_best_is_told_for_each_metric(running: Running) -> None:
    running.observe(
        trained(CELLS[0], val_accuracy=90.0, latency=7.0), trained(CELLS[1], val_accuracy=80.0, latency=5.0)
    )

    best = running.describe().best

    assert {metric: observed.mean for metric, (_, observed) in best.items()} == {"val_accuracy": 90, "latency": 5}


def test_unknown_names_are_told(running: Running) -> None:
    running.observe(trained(CELLS[0]))

    with pytest.raises(UnknownMetricError, match="no metric 'loss': it records val_accuracy, latency"):
        running.predict(CELLS[0], metrics=["loss"])
    with pytest.raises(RevisionNotReachedError, match="'cells' is at revision 1, not yet at 2"):
        running.predict(CELLS[0], min_revision=2)
    with pytest.raises(UnknownStudyError, match="'nightly'"):
        running.run(running.predictor.observe("nightly", [trained(CELLS[0])]))
    with pytest.raises(UnknownSpaceError, match="'darts' is not known: the spaces are nasbench201"):
        running.run(running.predictor.declare(Study("nightly", "darts", (Metric("loss"),))))


def test_a_write_that_fails_is_told_until_one_succeeds(running: Running) -> None:
    def fail() -> None:
        raise StoreError("the disk is full")

    running.observe(trained(CELLS[0], "a"))
    running.store.before_append = fail

    with pytest.raises(StoreError, match="the disk is full"):
        running.observe(trained(CELLS[1], "b"))
    assert running.predictor.write_health.error == "the disk is full"
    assert running.describe().n_observations == 1
    assert score(running, CELLS[1]) == accuracy(CELLS[0])

    running.store.before_append = lambda: None
    running.observe(trained(CELLS[1], "b"))
    assert running.predictor.write_health.error is None
    assert running.describe().n_observations == 2


def test_concurrent_observing_keeps_revisions_in_order_and_loses_nothing(running: Running) -> None:
    async def work(worker: int) -> list[int]:
        revisions = []
        for i in range(worker * 20, worker * 20 + 20):
            cell = CELLS[i]
            answer = await running.predictor.observe("cells", [trained(cell, f"run-{i}")])
            revisions.append(answer.revision)
        return revisions

    async def all_work() -> list[list[int]]:
        return await asyncio.gather(*[work(worker) for worker in range(16)])

    revisions = running.run(all_work())

    assert all(each == sorted(each) for each in revisions)
    assert sorted(r for each in revisions for r in each) == list(range(1, 321))
    assert running.describe().n_observations == running.describe().architectures["val_accuracy"] == 320
    assert {o.observation_id for o in running.store.observations("cells")} == {f"run-{i}" for i in range(320)}
