"""A study changes its encoder, and back, while it answers."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import SwitchUnderWayError, UnknownEncoderError, UnknownStudyError
from app.domain.prediction import Prediction
from app.domain.study import Metric, Study
from app.encoder.checkpoint import MANIFEST, WEIGHTS
from app.predictor import embedding_process, encoder_switch
from app.predictor.comparison import Comparison
from app.predictor.encoding import Encoding
from app.predictor.generation import Candidate, generate
from app.predictor.ports import Encoder, EncoderTarget
from app.predictor.requests import SuggestionQuery
from app.predictor.space_loader import SpaceLoader
from app.predictor.store import StudyRecord
from app.predictor.switch import ServingEncoder, Stage, Switch
from app.settings import MODELS_DIR

from .cells import CANDIDATES, CELLS
from .running import STUDY, Running, trained

LATER = [replace(trained(cell), metrics={"val_accuracy": 99.0}) for cell in CELLS[60:62]]  # too few for another fit


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of encoders: version 2 serves the one that comes with the repository, version 1 its structural one."""
    models = tmp_path / "models"
    for version in ("1", "2"):
        shutil.copytree(MODELS_DIR / "nasbench201" / "1", models / "nasbench201" / version)
    manifest = models / "nasbench201" / "1" / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"serves": "structural"}))
    return models


@pytest.fixture
def start(tmp_path: Path, encoder: Encoder, models: Path) -> Callable[[], Running]:
    """Starts the service, each time on the same data; the study follows the newest version, 2."""

    def started() -> Running:
        running = Running(tmp_path / "data", encoder, models=models)
        running.run(running.predictor.spaces.refresh_encoders())
        return running

    return started


@pytest.fixture
def running(start: Callable[[], Running]) -> Running:
    return start()


def switch(
    running: Running, version: str | None, *, only_if_better: bool = False, compare_only: bool = False
) -> Switch:
    """What became of a switch."""
    target = EncoderTarget(version, only_if_better)
    running.run(running.predictor.encoders.switch("cells", target, compare_only=compare_only))
    return over(running)


def over(running: Running) -> Switch:
    deadline = time.monotonic() + 20
    while not (found := serving(running).switch) or not found.stage.over:
        assert time.monotonic() < deadline, found
    return found


def serving(running: Running) -> ServingEncoder:
    return running.run(running.predictor.encoders.serving("cells"))


def scores(running: Running) -> list[float]:
    predictions = running.predict(*CANDIDATES).predictions
    return [each.metrics["val_accuracy"].score for each in predictions if isinstance(each, Prediction)]


def test_a_study_is_switched_and_switched_back(running: Running) -> None:
    with running:
        running.observe(*map(trained, CELLS[:60]))
        before = scores(running.fitted(50))
        assert serving(running) == ServingEncoder("nasbench201/2", "graph", follows_newest=True, switch=None)

        done = switch(running, "1")

        assert (done.stage, done.version, done.embedded, done.total) == (Stage.DONE, "nasbench201/1", 60, 60)
        found = serving(running)
        assert (found.version, found.kind, found.follows_newest) == ("nasbench201/1", "structural", False)
        assert running.predict(CANDIDATES[0]).encoder == "nasbench201/1"
        assert scores(running) != before

        switch(running, "2")
        # An architecture embeds a little differently in another batch.
        assert scores(running.fitted(50)) == pytest.approx(before, abs=1e-4)


def test_a_switch_that_ends_while_it_is_looked_at_is_not_told_to_be_done_too_early(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = running.store.study

    def slowly(name: str) -> StudyRecord:
        record = read(name)
        if threading.current_thread().name.startswith("reads") and record.encoder is None:
            while read(name).encoder is None:
                time.sleep(0.01)
        return record

    with running:
        running.observe(*map(trained, CELLS[:60]))
        monkeypatch.setattr(running.store, "study", slowly)

        seen = running.run(running.predictor.encoders.switch("cells", EncoderTarget("1")))

        assert seen.switch is not None
        assert seen.follows_newest
        assert not seen.switch.stage.over
        assert not over(running).error


def test_a_study_is_embedded_by_a_process_of_its_own(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_process, "WORTH_A_PROCESS", 1)
    with running:
        running.observe(*map(trained, CELLS[:60]))
        before = scores(running.fitted(50))
        switch(running, "1")
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(Encoding, "embed", lambda *_: pytest.fail("embedded beside the answers"))

            assert switch(running, "2").stage is Stage.DONE

        assert scores(running.fitted(50)) == pytest.approx(before, abs=1e-4)


def test_both_encoders_are_compared_on_the_studys_own_observations(running: Running) -> None:
    with running:
        running.observe(*map(trained, CELLS[:60]))
        running.fitted(50)

        compared = switch(running, "1", compare_only=True)

        assert compared.stage is Stage.COMPARED
        assert serving(running).version == "nasbench201/2"
        assert set(compared.comparison) == {"val_accuracy"}
        comparison = compared.comparison["val_accuracy"]
        assert comparison.n == 60
        assert comparison.before is not None
        assert comparison.after is not None
        assert 0.5 < comparison.before <= 1
        assert 0.5 < comparison.after <= 1


def test_what_comes_meanwhile_counts_for_neither_encoder_of_a_comparison(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = SpaceLoader.state
    with running:
        running.observe(*map(trained, CELLS[:60]))
        running.fitted(50)
        quiet = switch(running, "2", compare_only=True).comparison["val_accuracy"]

        def held_up(*args: object) -> object:
            state = load(*args)  # type: ignore[arg-type]
            running.observe(*LATER)
            return state

        monkeypatch.setattr(SpaceLoader, "state", held_up)

        assert switch(running, "2", compare_only=True).comparison["val_accuracy"].before == quiet.before


@pytest.mark.parametrize(("after", "stage"), [(0.7, Stage.KEPT_OLD), (0.9, Stage.DONE)])
def test_a_study_stays_with_what_estimates_better_if_that_was_asked_for(
    running: Running, monkeypatch: pytest.MonkeyPatch, after: float, stage: Stage
) -> None:
    monkeypatch.setattr(
        encoder_switch.EncoderSwitches, "_compare", lambda *_: {"val_accuracy": Comparison(60, 0.8, after)}
    )
    with running:
        running.observe(*map(trained, CELLS[:60]))

        assert switch(running, "1", only_if_better=True).stage is stage

        assert serving(running).version == ("nasbench201/1" if stage is Stage.DONE else "nasbench201/2")
        assert running.store.study("cells").target is None


def test_the_choice_is_kept_across_a_restart_and_newer_versions(running: Running, start: Callable[[], Running]) -> None:
    with running:
        running.observe(*map(trained, CELLS[:60]))
        switch(running, "1")
        expected = scores(running.fitted(50))

    with start() as restarted:
        assert serving(restarted).version == "nasbench201/1"
        assert scores(restarted) == pytest.approx(expected, abs=1e-6)


def test_a_study_follows_the_newest_again(running: Running, models: Path) -> None:
    with running:
        running.observe(*map(trained, CELLS[:30]))
        switch(running, "1")

        switch(running, None)

        assert (serving(running).version, serving(running).follows_newest) == ("nasbench201/2", True)
        shutil.copytree(models / "nasbench201" / "1", models / "nasbench201" / "3")
        running.run(running.predictor.spaces.refresh_encoders())
        assert serving(running).version == "nasbench201/3"


def test_a_study_that_was_switched_is_left_alone_by_a_newer_version(running: Running, models: Path) -> None:
    with running:
        running.run(running.predictor.declare(Study("other", "nasbench201", (Metric("loss"),))))
        running.observe(*map(trained, CELLS[:30]))
        switch(running, "1")
        shutil.copytree(models / "nasbench201" / "2", models / "nasbench201" / "3")

        running.run(running.predictor.spaces.refresh_encoders())

        assert serving(running).version == "nasbench201/1"
        assert running.run(running.predictor.encoders.serving("other")).version == "nasbench201/3"


def test_observations_that_come_meanwhile_count(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    load = SpaceLoader.state
    with running:

        def held_up(*args: object) -> object:
            state = load(*args)  # type: ignore[arg-type]
            if len(CELLS[30:40]) + 30 > running.describe().n_observations:
                running.observe(*map(trained, CELLS[30:40]))
            return state

        monkeypatch.setattr(SpaceLoader, "state", held_up)
        running.observe(*map(trained, CELLS[:30]))

        assert switch(running, "1").stage is Stage.DONE

        assert (running.describe().n_observations, running.describe().revision) == (40, 2)
        assert running.describe().architectures["val_accuracy"] == 40


@pytest.mark.parametrize("anew", [False, True])
def test_a_study_that_is_deleted_meanwhile_does_not_come_back(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, anew: bool
) -> None:
    caplog.set_level("INFO")
    load = SpaceLoader.state
    deleted = threading.Event()

    def held_up(*args: object) -> object:
        state = load(*args)  # type: ignore[arg-type]
        if not deleted.is_set():
            running.run(running.predictor.delete("cells"))
            if anew:
                running.run(running.predictor.declare(STUDY))
            deleted.set()
        return state

    with running:
        running.observe(*map(trained, CELLS[:30]))
        monkeypatch.setattr(SpaceLoader, "state", held_up)
        running.predictor.encoders._wish("cells", EncoderTarget("1"), compare_only=False)
        assert deleted.wait(20)
        running.predictor.encoders._lane.submit(lambda: None).result()

        if anew:
            assert running.describe().n_observations == 0
            found = serving(running)
            assert (found.version, found.switch) == ("nasbench201/2", None)
    assert "encoder switch ended, its study was deleted study=cells" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_study_knows_nothing_of_the_switches_of_one_that_was_deleted(running: Running) -> None:
    with running:
        switch(running, "1")
        running.run(running.predictor.delete("cells"))
        running.run(running.predictor.declare(STUDY))

        assert serving(running).switch is None


def test_a_switch_that_was_under_way_goes_on_after_a_restart(
    running: Running, start: Callable[[], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running, monkeypatch.context() as crashing:
        running.observe(*map(trained, CELLS[:60]))
        crashing.setattr(encoder_switch.EncoderSwitches, "_run", lambda *_: None)  # as if killed before it began
        running.run(running.predictor.encoders.switch("cells", EncoderTarget("1")))
        assert running.store.study("cells").target == EncoderTarget("1")

    with start() as restarted:
        assert over(restarted).stage is Stage.DONE
        assert serving(restarted).version == "nasbench201/1"
        assert restarted.store.study("cells").target is None


def test_a_version_that_is_damaged_leaves_the_study_as_it_is(running: Running, models: Path) -> None:
    weights = models / "nasbench201" / "1" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    with running:
        running.observe(*map(trained, CELLS[:30]))

        failed = switch(running, "1")

        assert failed.stage is Stage.FAILED
        assert f"{weights} is damaged" in (failed.error or "")
        assert serving(running).version == "nasbench201/2"
        assert running.store.study("cells").target is None


def test_a_version_that_is_gone_after_a_restart_is_replaced_by_the_newest(
    running: Running, start: Callable[[], Running], models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running:
        running.observe(*map(trained, CELLS[:30]))
        switch(running, "1")
    shutil.rmtree(models / "nasbench201" / "1")

    with start() as restarted:
        assert (serving(restarted).version, serving(restarted).kind) == ("nasbench201/1", "graph")  # of the program
        assert len(scores(restarted)) == len(CANDIDATES)
    assert "encoder of the study not loaded, the newest serves study=cells" in caplog.text


def test_what_is_not_there_is_named(running: Running) -> None:
    with running:
        with pytest.raises(UnknownEncoderError, match="no encoder 'nasbench201/9': there is nasbench201/2, nasb"):
            switch(running, "9")
        with pytest.raises(UnknownStudyError):
            running.run(running.predictor.encoders.switch("none", EncoderTarget("1")))
        assert running.predictor.encoders.versions()["nasbench201"] == ["2", "1"]


def test_one_switch_at_a_time(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_switch.EncoderSwitches, "_run", lambda *_: None)
    with running:
        running.run(running.predictor.encoders.switch("cells", EncoderTarget("1")))

        with pytest.raises(SwitchUnderWayError, match="study 'cells' is being switched to nasbench201/1"):
            running.run(running.predictor.encoders.switch("cells", EncoderTarget("2")))


def test_an_empty_study_is_switched_too(running: Running) -> None:
    with running:
        assert switch(running, "1").stage is Stage.DONE
        running.observe(trained(CELLS[0]))

        assert running.predict(CELLS[1]).encoder == "nasbench201/1"


def test_suggestions_that_were_begun_with_the_old_encoder_are_made_with_the_new_one(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switched_meanwhile(*args: Any) -> list[Candidate]:
        monkeypatch.setattr("app.predictor.suggestions.generate", generate)
        found = generate(*args)
        switch(running, "1")
        return found

    with running:
        running.observe(*map(trained, CELLS[:60]))
        monkeypatch.setattr("app.predictor.suggestions.generate", switched_meanwhile)

        answer = running.run(running.predictor.suggestions.suggest(SuggestionQuery("cells", n=2, n_generated=100)))

        assert answer.encoder == "nasbench201/1"
        for each in answer.suggested:
            (predicted,) = running.predict(each.suggestion.notation).predictions
            assert isinstance(predicted, Prediction)
            assert each.prediction is not None
            score = each.prediction.metrics["val_accuracy"].score
            assert score == pytest.approx(predicted.metrics["val_accuracy"].score, abs=1e-4)
