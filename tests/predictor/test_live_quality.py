"""A study notes what it would have predicted, and says how good that was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.correction import Action
from app.domain.observation import Status
from app.domain.prediction import Prediction
from app.predictor.ports import Encoder
from app.predictor.quality import MetricQuality, Outcomes, Quality
from app.predictor.requests import NewCorrection, NewObservation

from .cells import CELLS, accuracy
from .running import Running, trained


def quality(running: Running, last: int = 100) -> MetricQuality:
    return running.run(running.predictor.records.quality("cells", last))["val_accuracy"]


def outcomes(value: list[float], score: list[float], width: float = 1.0, known: list[int] | None = None) -> Outcomes:
    """Intervals reach `width` to both sides of the score; the guess is always 90."""
    v, s = np.array(value), np.array(score)
    n = len(v)
    return Outcomes(np.arange(1, n + 1), v, s, s - width, s + width, np.full(n, 90.0), np.array(known or [0] * n))


def test_what_is_noted_is_what_a_prediction_a_moment_before_says(running: Running) -> None:
    running.observe(*map(trained, CELLS[:20]))
    (before,) = running.predict(CELLS[30]).predictions
    assert isinstance(before, Prediction)

    answer = running.observe(trained(CELLS[30], "run-30"))

    stored = running.store.observation("cells", "run-30")
    assert stored.expected["val_accuracy"].estimate == before.metrics["val_accuracy"]
    assert answer.stored[0].predicted == before.metrics


def test_a_retry_is_answered_with_what_was_predicted_the_first_time(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))
    first = running.observe(trained(CELLS[5], "run-5"))
    running.observe(*map(trained, CELLS[6:9]))

    again = running.observe(trained(CELLS[5], "run-5"))

    assert again.stored == [replace(first.stored[0], created=False)]


def test_the_first_observations_were_not_predicted(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))

    assert quality(running).overall == Quality(0, None, None, None, None, None)
    assert quality(running).curve == []


def test_predictions_are_compared_with_what_came(running: Running) -> None:
    running.observe(*map(trained, CELLS[:60]))
    for cell in CELLS[60:100]:
        running.observe(trained(cell))

    found = quality(running, last=10)

    assert (found.overall.n, found.recent.n, found.repeats) == (40, 10, 0)
    assert found.overall.kendall_tau is not None
    assert found.overall.nearest_kendall_tau is not None
    assert found.overall.kendall_tau > found.overall.nearest_kendall_tau > 0.3
    assert [point.n for _, point in found.curve] == [10] * 31
    assert [revision for revision, _ in found.curve] == list(range(11, 42))
    assert found.curve[-1] == (41, found.recent)


def test_repeats_of_a_known_architecture_are_no_test_of_a_prediction(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(*map(trained, CELLS[:10]))

    found = quality(running)

    assert (found.overall.n, found.repeats) == (0, 10)


def test_what_a_failed_training_measured_says_nothing_of_estimates(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(*map(trained, CELLS[30:40]))
    before, calibration = quality(running), running.describe().calibration
    diverged = [NewObservation(cell, {"val_accuracy": 0.0}, status=Status.FAILED) for cell in CELLS[40:60]]

    answer = running.observe(*diverged)

    assert answer.stored[0].predicted is not None
    assert quality(running) == before
    assert running.describe().calibration == calibration


def test_what_is_corrected_is_left_out_or_taken_as_it_is_now(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(*(trained(cell, f"run-{i}") for i, cell in enumerate(CELLS[30:40])))
    before = quality(running)

    running.correct(NewCorrection("run-0", Action.RETRACT))
    assert quality(running).overall.n == 9
    wrong = NewCorrection("run-1", Action.AMEND, changes={"metrics": {"val_accuracy": accuracy(CELLS[31]) + 50}})
    running.correct(wrong)

    after = quality(running)
    assert after.overall.n == 9
    assert after.overall.mean_absolute_error is not None
    assert before.overall.mean_absolute_error is not None
    assert after.overall.mean_absolute_error > before.overall.mean_absolute_error + 3


def test_the_record_is_kept_across_a_restart(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    running.observe(*map(trained, CELLS[:60]))
    running.observe(*map(trained, CELLS[60:100]))
    before, calibration = quality(running), running.describe().calibration
    running.predictor.close()

    with Running(tmp_path, encoder) as restarted:
        assert quality(restarted) == before
        assert restarted.describe().calibration == calibration
        assert calibration["val_accuracy"] != 1


def test_what_comes_after_the_record_was_read_is_added_to_it(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(*map(trained, CELLS[30:35]))
    quality(running)
    running.observe(*map(trained, CELLS[35:40]))

    assert quality(running).overall.n == 10


def test_a_study_of_the_same_name_has_a_record_of_its_own(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    running.observe(*map(trained, CELLS[30:35]))
    quality(running)
    study = running.describe().study

    running.run(running.predictor.delete("cells"))
    running.run(running.predictor.declare(study))

    assert quality(running).overall.n == 0


def test_error_bars_that_are_too_narrow_become_wider(running: Running) -> None:
    rng = np.random.default_rng(0)
    running.observe(*map(trained, CELLS[:60]))
    (before,) = running.predict(CELLS[399]).predictions
    for start in range(60, 160, 20):  # what comes has nothing to do with what had come before
        running.observe(*(trained(c, val_accuracy=float(rng.uniform(20, 95))) for c in CELLS[start : start + 20]))

    calibration = running.describe().calibration["val_accuracy"]

    assert isinstance(before, Prediction)
    assert calibration > 1.3
    running.predictor._studies.state("cells").calibrations["val_accuracy"].factor = 1.0
    (without,) = running.predict(CELLS[399]).predictions
    running.predictor._studies.state("cells").calibrations["val_accuracy"].factor = 2.0
    (with_it,) = running.predict(CELLS[399]).predictions
    assert isinstance(without, Prediction)
    assert isinstance(with_it, Prediction)
    assert (with_it.metrics["val_accuracy"].std or 0) > 1.2 * (without.metrics["val_accuracy"].std or 0)
    assert with_it.metrics["val_accuracy"].score == without.metrics["val_accuracy"].score


def test_measures_of_four_predictions() -> None:
    found = Quality.of(outcomes([90, 91, 92, 93], [90, 91, 93.5, 92]))

    assert found.kendall_tau == pytest.approx((5 - 1) / 6)
    assert found.mean_absolute_error == pytest.approx((1.5 + 1) / 4)
    assert found.coverage == 0.75
    assert (found.nearest_kendall_tau, found.nearest_mean_absolute_error) == (None, 1.5)


def test_windows_of_the_curve_reach_back_from_their_end() -> None:
    found = MetricQuality.of(outcomes([90, 91, 92, 93, 94], [90, 91, 92, 93, 99], known=[0, 0, 3, 0, 0]), last=2)

    assert (found.overall.n, found.recent.n, found.repeats) == (4, 2, 1)
    assert [(revision, point.mean_absolute_error) for revision, point in found.curve] == [(2, 0), (4, 0), (5, 2.5)]


def test_a_long_record_has_a_curve_of_fifty_points() -> None:
    values = [float(i % 7) for i in range(1000)]

    found = MetricQuality.of(outcomes(values, values), last=100)

    assert len(found.curve) == 50
    assert found.curve[-1][0] == 1000
