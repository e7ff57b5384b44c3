"""Scales are fitted beside the answers, and a batch that memory could not take in is read again from the store."""

from math import sqrt
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from app.domain.errors import StoreError
from app.domain.prediction import Observed, Prediction
from app.predictor.observation_log import ObservationLog
from app.predictor.ports import Encoder
from app.predictor.preparing import Prepared
from app.predictor.requests import NewObservation
from app.predictor.store import Appended
from app.predictor.study_state import StudyState
from app.proximity.scales import ColumnGroups, Scales

from .cells import CANDIDATES, CELLS, accuracy
from .running import Running, trained


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Fits wait until this is set."""
    release, fit = Event(), ObservationLog.fit

    def held(log: ObservationLog, n: int, groups: ColumnGroups) -> Scales:
        release.wait(20)
        return fit(log, n, groups)

    monkeypatch.setattr(ObservationLog, "fit", held)
    return release


def score(running: Running, candidate: str) -> float:
    (prediction,) = running.predict(candidate).predictions
    assert isinstance(prediction, Prediction)
    return prediction.metrics["val_accuracy"].score


def test_scales_arrive_without_anybody_waiting_for_them(running: Running, release: Event) -> None:
    running.observe(*map(trained, CELLS[:40]))
    meanwhile = [score(running, candidate) for candidate in CANDIDATES]
    running.observe(trained(CELLS[40]))

    assert running.describe().fitted["val_accuracy"] == 0
    release.set()
    assert running.fitted(40).describe().fitted == {"val_accuracy": 40, "latency": 0}
    assert meanwhile != [score(running, candidate) for candidate in CANDIDATES]


def test_observations_that_come_during_a_fit_count_before_and_after_it(running: Running, release: Event) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(trained(CELLS[100], val_accuracy=20.0), trained(CELLS[0], val_accuracy=accuracy(CELLS[0]) + 2))
    (before,) = running.predict(CELLS[0]).predictions

    release.set()
    running.fitted(25)

    (after,) = running.predict(CELLS[0]).predictions
    assert isinstance(before, Prediction)
    assert isinstance(after, Prediction)
    assert before.observed == after.observed == {"val_accuracy": Observed(accuracy(CELLS[0]) + 1, 2, sqrt(2))}
    assert running.describe().architectures["val_accuracy"] == 31
    assert running.predict(CELLS[0]).k == 31


def test_a_study_that_outgrew_its_fit_is_fitted_again(running: Running, release: Event) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(*map(trained, CELLS[30:300]))

    release.set()

    assert running.fitted(243).describe().fitted["val_accuracy"] == 243


def test_a_fit_that_fails_is_tried_again_with_the_next_observation(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed = Event()

    def fail(*_: object) -> Scales:
        failed.set()
        raise ArithmeticError

    with monkeypatch.context() as patched:
        patched.setattr(ObservationLog, "fit", fail)
        running.observe(*map(trained, CELLS[:30]))
        assert failed.wait(5)
        # Behind it in the queue, so that the failure was seen to when this answers.
        running.predictor._lanes.fits.submit(int).result(5)
        score(running, CANDIDATES[0])
    running.observe(trained(CELLS[30]))

    assert running.fitted(25).describe().fitted["val_accuracy"] == 25
    assert "scales not fitted study=cells metric=val_accuracy observations=25" in caplog.text


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next batch fails half-way on its way into memory."""
    apply = StudyState.apply

    def fail_once(state: StudyState, *args: Any) -> None:
        monkeypatch.setattr(StudyState, "apply", apply)
        apply(state, *args)
        raise MemoryError

    monkeypatch.setattr(StudyState, "apply", fail_once)


def test_a_batch_that_memory_could_not_take_in_counts_all_the_same(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    running.observe(*map(trained, CELLS[:5]))
    request.getfixturevalue("forgetful")

    answer = running.observe(trained(CELLS[0], val_accuracy=accuracy(CELLS[0]) + 2))

    (prediction,) = running.predict(CELLS[0]).predictions
    assert isinstance(prediction, Prediction)
    assert prediction.observed == {"val_accuracy": Observed(accuracy(CELLS[0]) + 1, 2, sqrt(2))}
    assert (answer.revision, running.describe().revision, running.describe().n_observations) == (2, 2, 6)
    assert "study is read again from the store study=cells revision=2" in caplog.text


def test_a_study_that_cannot_be_read_again_is_read_later(running: Running, request: pytest.FixtureRequest) -> None:
    def fail() -> None:
        raise StoreError("the disk is gone")

    running.observe(*map(trained, CELLS[:5]))
    request.getfixturevalue("forgetful")
    running.store.before_read = fail

    assert running.observe(trained(CELLS[5])).stored[0].created  # it is durable: an error would have it sent again
    for work in (running.describe, lambda: running.predict(CELLS[0]), lambda: running.observe(trained(CELLS[6]))):
        with pytest.raises(StoreError, match="the disk is gone"):
            work()

    running.store.before_read = lambda: None
    assert running.predict(CELLS[5]).k == 6
    assert [each.study.name for each in running.run(running.predictor.describe_all())] == ["cells"]


def prepared(running: Running, *batches: list[NewObservation]) -> list[Prepared]:
    return [each for each in running.predictor._studies.prepare("cells", batches) if isinstance(each, Prepared)]


def test_a_batch_that_was_read_again_with_the_study_counts_once(
    running: Running, request: pytest.FixtureRequest
) -> None:
    running.observe(*map(trained, CELLS[:5]))
    request.getfixturevalue("forgetful")
    batches = prepared(running, [trained(CELLS[5])], [trained(CELLS[6])])

    # Both are stored before the first is counted.
    appended = [running.store.append("cells", each.observations) for each in batches]
    for each in zip(batches, appended, strict=True):
        running.predictor._studies.apply("cells", [each])

    assert (running.describe().n_observations, running.describe().revision) == (7, 3)


def test_what_is_stored_while_a_study_is_read_is_taken_in_after_it(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))
    (batch,) = prepared(running, [trained(CELLS[5])])

    def change() -> None:
        running.store.before_read = lambda: None
        running.store.append("cells", batch.observations)

    running.store.before_read = change
    study = running.predictor._studies._states.pop("cells").study
    running.predictor._studies.load(study)
    assert (running.describe().n_observations, running.describe().revision) == (5, 1)

    running.predictor._studies.apply("cells", [(batch, Appended(2, (True,)))])

    assert (running.describe().n_observations, running.describe().revision) == (6, 2)


def test_the_end_waits_for_no_fit(
    tmp_path: Path, encoder: Encoder, release: Event, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[:40]))
        Timer(0.3, release.set).start()  # while the end waits for what is under way

    assert "scales not fitted before the end study=cells metric=val_accuracy" in caplog.text
    with Running(tmp_path, encoder) as running:
        assert running.describe().fitted["val_accuracy"] == 40  # the start makes up for it
