"""What was observed is corrected, and the next prediction knows."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.correction import Action
from app.domain.errors import InvalidCorrectionsError, ObservationNotFoundError, StoreError, UnknownStudyError
from app.domain.observation import Status
from app.domain.prediction import Observed, Prediction
from app.domain.study import Metric, Study
from app.predictor import rereading as rereading_module
from app.predictor.ports import Encoder
from app.predictor.requests import NewCorrection, NewObservation
from app.predictor.study_state import StudyState

from .cells import CANDIDATES, CELLS, NOT_A_CELL
from .running import STUDY, Running, trained


def retract(key: str) -> NewCorrection:
    return NewCorrection(key, Action.RETRACT, "mara", "broken data")


def restore(key: str) -> NewCorrection:
    return NewCorrection(key, Action.RESTORE)


def amend(key: str, notation: str | None = None, **changes: Any) -> NewCorrection:
    return NewCorrection(key, Action.AMEND, notation=notation, changes=changes)


def scores(running: Running) -> list[float]:
    predictions = running.predict(*CANDIDATES).predictions
    return [each.metrics["val_accuracy"].score for each in predictions if isinstance(each, Prediction)]


def observed(running: Running, cell: str) -> dict[str, Observed]:
    (prediction,) = running.predict(cell).predictions
    assert isinstance(prediction, Prediction)
    return dict(prediction.observed)


def fifty(running: Running) -> None:
    running.observe(*(trained(cell, f"run-{i}") for i, cell in enumerate(CELLS[:50])))


def test_a_retracted_observation_is_as_if_it_had_never_been(running: Running) -> None:
    running.observe(*map(trained, CELLS[:20]))
    before = scores(running)
    running.observe(trained(CELLS[20], "wrong", val_accuracy=3.0))
    assert scores(running) != before

    corrected = running.correct(retract("wrong"))

    assert scores(running) == pytest.approx(before, abs=1e-9)
    assert observed(running, CELLS[20]) == {}
    description = running.describe()
    assert (description.n_observations, description.n_retracted, description.revision) == (20, 1, corrected.revision)


def test_a_restored_observation_counts_as_before(running: Running) -> None:
    fifty(running)
    running.fitted(40)
    before = scores(running)
    running.correct(retract("run-3"))

    running.correct(restore("run-3"))

    assert scores(running.fitted(40)) == pytest.approx(before, abs=1e-6)


def test_an_amended_value_counts_in_the_next_prediction(running: Running) -> None:
    running.observe(*(trained(cell, f"run-{i}") for i, cell in enumerate(CELLS[:5])))

    answer = running.correct(amend("run-2", metrics={"val_accuracy": 12.0}))

    assert running.predict(CELLS[2]).revision == answer.revision == 2
    assert observed(running, CELLS[2]) == {"val_accuracy": Observed(12.0, 1)}


def test_an_amended_architecture_is_another_network(running: Running) -> None:
    running.observe(trained(CELLS[0], "run-0", val_accuracy=90.0), trained(CELLS[2], "run-2"))

    running.correct(amend("run-0", CELLS[1]))

    assert observed(running, CELLS[0]) == {}
    assert observed(running, CELLS[1]) == {"val_accuracy": Observed(90.0, 1)}


def test_a_study_says_what_it_would_say_after_a_restart(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    fifty(running)
    running.fitted(40)
    running.observe(trained(CELLS[0], "again", val_accuracy=50.0))
    running.correct(retract("run-7"), amend("run-8", metrics={"val_accuracy": 50.0}))
    running.observe(trained(CELLS[60]))
    expected = scores(running.fitted(50))
    running.predictor.close()

    for cache in (True, False):
        with Running(tmp_path, encoder, cache=cache) as restarted:
            assert scores(restarted) == pytest.approx(expected, abs=1e-6)


def test_scales_that_were_fitted_to_a_wrong_value_are_fitted_again(running: Running) -> None:
    fifty(running)
    running.fitted(40)
    before = running.predictor._studies.state("cells").models["val_accuracy"].scales

    running.correct(*(amend(f"run-{i}", metrics={"val_accuracy": 10.0 + i % 7}) for i in range(20)))

    after = running.predictor._studies.state("cells").models["val_accuracy"].scales
    assert (after.log_scales != before.log_scales).any()


def test_what_is_observed_while_a_correction_takes_effect_counts(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifty(running)
    held_up(monkeypatch, lambda: running.observe(trained(CELLS[99], "meanwhile")))

    corrected = running.correct(retract("run-3"))

    assert corrected.revision == 2
    assert running.describe().revision == 3
    assert running.describe().n_observations == 50
    assert observed(running, CELLS[99])


def test_a_correction_takes_effect_where_workers_never_pause(running: Running) -> None:
    meanwhile = iter(CELLS[100:])

    def observe() -> None:
        if threading.current_thread().name.startswith("fits"):
            running.observe(trained(next(meanwhile)))

    fifty(running)
    running.fitted(50)
    running.store.before_read = observe

    running.correct(retract("run-3"))

    n_meanwhile = len(CELLS[100:]) - len(list(meanwhile))
    assert 1 <= n_meanwhile <= 2
    assert running.describe().n_observations == 49 + n_meanwhile
    assert observed(running, CELLS[3]) == {}


def test_answers_come_meanwhile_and_do_not_claim_to_know_of_it(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def ask() -> None:
        running.observe(trained(CELLS[99], "meanwhile"))
        told.append(running.predict(CELLS[0]).revision)
        assert observed(running, CELLS[99])

    fifty(running)
    held_up(monkeypatch, ask)

    running.correct(retract("run-3"))

    assert told == [1]
    assert running.predict(CELLS[0]).revision == 3


def test_corrections_that_come_together_share_the_reading(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    readings: list[str] = []
    load = rereading_module.load_study  # type: ignore[attr-defined]

    def counted(name: str, *args: Any) -> StudyState:
        readings.append(name)
        return load(name, *args)

    monkeypatch.setattr(rereading_module, "load_study", counted)
    fifty(running)

    async def all_at_once() -> None:
        correct = running.predictor.corrections.correct
        await asyncio.gather(*(correct("cells", [retract(f"run-{i}")]) for i in range(40)))

    running.run(all_at_once())

    assert len(readings) < 20
    assert running.describe().n_observations == 10
    assert running.describe().n_retracted == 40


def test_a_correction_that_is_wrong_changes_nothing(running: Running) -> None:
    running.observe(trained(CELLS[0], "run-0"), trained(CELLS[1], "run-1"))

    with pytest.raises(InvalidCorrectionsError, match="operation 'conv_5x5'"):
        running.correct(amend("run-0", NOT_A_CELL))
    with pytest.raises(InvalidCorrectionsError, match="1 of 2 corrections are invalid, and none was made"):
        running.correct(retract("run-1"), amend("run-0", metrics={"loss": 1.0}))
    with pytest.raises(ObservationNotFoundError, match="no observation 'run-9'"):
        running.correct(retract("run-9"))

    assert (running.describe().revision, running.describe().n_observations) == (1, 2)


def test_a_correction_that_cannot_be_written_is_told(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    running.observe(trained(CELLS[0], "run-0"))
    with monkeypatch.context() as broken:
        broken.setattr(running.store, "correct", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            running.correct(retract("run-0"))
        assert running.predictor.write_health.error == "the disk is full"

    running.correct(retract("run-0"))

    assert running.predictor.write_health.error is None


def test_a_corrected_study_that_cannot_be_read_is_read_when_it_is_asked_for(running: Running) -> None:
    def fail() -> None:
        raise StoreError("the disk is gone")

    running.observe(trained(CELLS[0], "run-0"), trained(CELLS[1], "run-1"))
    running.store.before_read = fail

    running.correct(retract("run-0"))
    running.store.before_read = lambda: None

    assert running.describe().n_observations == 1


def held_up(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """Something happens after a corrected study was read, and before it serves."""
    load = rereading_module.load_study  # type: ignore[attr-defined]

    def load_and(name: str, *args: Any) -> StudyState:
        state = load(name, *args)
        monkeypatch.setattr(rereading_module, "load_study", load)
        meanwhile()
        return state

    monkeypatch.setattr(rereading_module, "load_study", load_and)


def test_a_correction_during_the_reading_of_another_counts_as_well(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifty(running)
    second: list[Any] = []

    def correct_again() -> None:
        prepared = running.predictor._studies.prepare_corrections("cells", [retract("run-4")])
        commit = running.predictor.corrections._commit
        second.append(running.predictor._lanes.writes.submit(commit, "cells", prepared).result(20)[1])

    held_up(monkeypatch, correct_again)

    running.correct(retract("run-3"))
    second[0].result(20)

    assert running.describe().n_observations == 48
    assert observed(running, CELLS[3]) == observed(running, CELLS[4]) == {}


def test_a_metric_is_added_while_the_study_lives(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    fifty(running)
    energy = Metric("energy", unit="mJ")

    assert running.run(running.predictor.add_metric("cells", energy))
    assert not running.run(running.predictor.add_metric("cells", energy))
    answer = running.observe(trained(CELLS[0], energy=5.0), trained(CELLS[1], energy=6.0))

    assert answer.revision == 3
    (prediction,) = running.predict(CELLS[2]).predictions
    assert isinstance(prediction, Prediction)
    assert set(prediction.metrics) == {"val_accuracy", "energy"}
    running.predictor.close()
    with Running(tmp_path, encoder, study=replace(STUDY, metrics=(*STUDY.metrics, energy))) as restarted:
        assert restarted.describe().architectures == {"val_accuracy": 50, "latency": 0, "energy": 2}


def test_earlier_failures_count_for_a_metric_that_is_added(running: Running) -> None:
    running.observe(trained(CELLS[0]), NewObservation(CELLS[1], {}, status=Status.FAILED))

    running.run(running.predictor.add_metric("cells", Metric("test_accuracy", failure_value=10.0)))

    assert running.describe().architectures["test_accuracy"] == 1
    assert running.predict(CELLS[1]).revision == 2
    assert observed(running, CELLS[1]) == {"test_accuracy": Observed(10.0, 1)}


def test_a_deleted_study_is_forgotten_and_its_name_is_free(running: Running) -> None:
    fifty(running)
    running.fitted(40)

    running.run(running.predictor.delete("cells"))

    with pytest.raises(UnknownStudyError):
        running.predict(CELLS[0])
    assert running.run(running.predictor.declare(Study("cells", "nasbench201", (Metric("loss"),))))
    assert running.observe(trained(CELLS[0], loss=0.3)).revision == 1


def test_a_failed_training_counts_where_its_metric_says_as_what(tmp_path: Path, encoder: Encoder) -> None:
    metrics = (Metric("val_accuracy", failure_value=10.0), Metric("latency"))
    with Running(tmp_path, encoder, study=replace(STUDY, metrics=metrics)) as running:
        failed = NewObservation(CELLS[1], {"val_accuracy": 55.0}, status=Status.FAILED)

        running.observe(trained(CELLS[0], val_accuracy=90.0, latency=3.0), failed)

        (prediction,) = running.predict(CELLS[1]).predictions
        assert isinstance(prediction, Prediction)
        assert prediction.observed == {"val_accuracy": Observed(10.0, 1)}
        assert prediction.failures == 1
        assert prediction.metrics["latency"].score == 3.0
        assert (running.describe().n_observations, running.describe().n_failed) == (2, 1)
