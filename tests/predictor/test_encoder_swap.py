"""An encoder that is trained while the service runs takes over without an observation or an answer lost."""

import asyncio
import json
import shutil
from pathlib import Path
from threading import Event

import pytest

from app.domain.prediction import Prediction
from app.encoder.checkpoint import MANIFEST, WEIGHTS, load_checkpoint
from app.predictor.encoding import Encoding
from app.predictor.observation_log import ObservationLog
from app.predictor.observing import _Request
from app.predictor.ports import Encoder
from app.predictor.preparing import Prepared
from app.predictor.requests import ObservationAnswer
from app.predictor.space_loader import SpaceLoader
from app.predictor.study_state import StudyState
from app.proximity.scales import ColumnGroups, Scales
from app.settings import MODELS_DIR

from .cells import CANDIDATES, CELLS, SPACE
from .running import Running, trained


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of encoders with the one that comes with the repository."""
    models = tmp_path / "models"
    shutil.copytree(MODELS_DIR / "nasbench201" / "1", models / "nasbench201" / "1")
    return models


@pytest.fixture
def running(tmp_path: Path, encoder: Encoder, models: Path) -> Running:
    return Running(tmp_path / "data", encoder, models=models)


def train_structural(models: Path, version: int) -> None:
    """A version that embeds otherwise than the one that comes with the repository."""
    folder = models / "nasbench201" / str(version)
    if version > 1:
        shutil.copytree(models / "nasbench201" / "1", folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"serves": "structural"}))


def scores(running: Running) -> list[float]:
    predictions = running.predict(*CANDIDATES).predictions
    return [each.metrics["val_accuracy"].score for each in predictions if isinstance(each, Prediction)]


def refresh(running: Running) -> None:
    running.run(running.predictor.spaces.refresh_encoders())


def served(running: Running) -> tuple[str, str]:
    description = running.describe()
    return description.encoder, description.encoder_kind


def test_a_newer_version_serves_what_it_would_serve_after_a_restart(
    running: Running, models: Path, tmp_path: Path
) -> None:
    with running:
        running.observe(*map(trained, CELLS[:60]))
        running.fitted(50)
        before = scores(running)
        train_structural(models, 2)

        refresh(running)

        assert served(running) == ("nasbench201/2", "structural")
        assert running.predict(CANDIDATES[0]).encoder == "nasbench201/2"
        assert (running.describe().n_observations, running.describe().revision) == (60, 1)
        after = scores(running)
    assert after != before
    with Running(tmp_path / "data", load_checkpoint(models, SPACE).serving(), cache=False, models=models) as restarted:
        assert scores(restarted) == pytest.approx(after, abs=1e-6)


def test_a_version_that_is_trained_again_in_its_place_serves(running: Running, models: Path) -> None:
    with running:
        train_structural(models, 1)

        refresh(running)

        assert served(running) == ("nasbench201/1", "structural")


def test_nothing_is_loaded_where_nothing_is_new(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpaceLoader, "states", None)  # a call would fail
    with running:
        refresh(running)


def test_observations_that_come_while_the_studies_are_embedded_count(
    running: Running, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = SpaceLoader.states

    def held_up(loader: SpaceLoader, encoding: Encoding) -> dict[str, StudyState]:
        states = load(loader, encoding)
        running.observe(*map(trained, CELLS[30:40]))
        return states

    monkeypatch.setattr(SpaceLoader, "states", held_up)
    with running:
        running.observe(*map(trained, CELLS[:30]))
        train_structural(models, 2)

        refresh(running)

        assert served(running) == ("nasbench201/2", "structural")
        assert (running.describe().n_observations, running.describe().revision) == (40, 2)
        assert running.describe().architectures["val_accuracy"] == 40


def test_a_batch_that_was_embedded_by_the_old_encoder_is_embedded_anew(
    running: Running, models: Path, tmp_path: Path
) -> None:
    with running:
        new = [trained(CELLS[0], "the first")]
        (prepared,) = running.predictor._studies.prepare("cells", [new])
        assert isinstance(prepared, Prepared)
        train_structural(models, 2)
        refresh(running)

        async def commit() -> ObservationAnswer:
            observing = running.predictor._observing
            observing._under_way += 1
            request = _Request("cells", new, asyncio.get_running_loop().create_future())
            running.predictor._lanes.writes.submit(observing._commit, [(request, prepared)])
            return await asyncio.wait_for(request.answer, 20)

        assert running.run(commit()).revision == 1
        state = running.predictor._studies.state("cells")
        (embedding,) = state.architectures.columns
        assert embedding.shape == load_checkpoint(models, SPACE).serving().embed([SPACE.parse(CELLS[0])])[0].shape
        assert embedding == pytest.approx(state.encoding.encode([CELLS[0]])[0].embedding, abs=1e-6)  # type: ignore[union-attr]
        assert embedding != pytest.approx(prepared.embeddings[state.architectures.id(0)], abs=1e-6)


def test_a_fit_to_the_old_embeddings_is_not_used_for_the_new_ones(
    running: Running, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, begun, release = ObservationLog.fit, Event(), Event()

    def held(log: ObservationLog, n: int, groups: ColumnGroups) -> Scales:
        begun.set()
        release.wait(20)
        return fit(log, n, groups)

    with running:
        old = running.predictor._studies.state("cells")
        monkeypatch.setattr(ObservationLog, "fit", held)
        running.observe(*map(trained, CELLS[:30]))
        assert begun.wait(20)
        train_structural(models, 2)
        release.set()
        refresh(running)
        state = running.predictor._studies.state("cells")
        assert state is not old
        fitted = state.models["val_accuracy"]

        running.predictor._lanes.numbers.submit(
            running.predictor._fitting._replace, old, "val_accuracy", 30, old.models["val_accuracy"]
        ).result(20)

        assert state.models["val_accuracy"] is fitted
        assert running.fitted(25).describe().fitted["val_accuracy"] == 25


def test_a_damaged_version_is_told_once_and_the_old_one_serves_until_it_is_mended(
    running: Running, models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running:
        running.observe(*map(trained, CELLS[:5]))
        before = scores(running)
        train_structural(models, 2)
        weights = models / "nasbench201" / "2" / WEIGHTS
        whole = weights.read_bytes()
        weights.write_bytes(whole[:1000])

        refresh(running)
        refresh(running)

        assert served(running) == ("nasbench201/1", "graph")
        assert scores(running) == before
        told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert len(told) == 1
        assert f"space=nasbench201: {weights} is damaged" in told[0]

        weights.write_bytes(whole)
        refresh(running)
        assert served(running) == ("nasbench201/2", "structural")


def test_a_folder_of_encoders_that_is_gone_changes_nothing(running: Running, models: Path) -> None:
    with running:
        shutil.rmtree(models)

        refresh(running)

        assert served(running) == ("nasbench201/1", "graph")


def test_answers_come_all_along_while_an_encoder_takes_over(running: Running, models: Path) -> None:
    async def ask_and_observe() -> list[str]:
        taken_over = asyncio.create_task(running.predictor.spaces.refresh_encoders())
        encoders, n = [], 0
        while not taken_over.done() or n < 20:
            await running.predictor.observe("cells", [trained(CELLS[100 + n % 300])])
            encoders.append((await asyncio.to_thread(running.predict, CANDIDATES[n % len(CANDIDATES)])).encoder)
            n += 1
        await taken_over
        assert running.predictor._studies.state("cells").n_observations == 100 + n
        return encoders

    with running:
        running.observe(*map(trained, CELLS[:100]))
        train_structural(models, 2)

        encoders = running.run(ask_and_observe())

    assert (encoders[0], encoders[-1]) == ("nasbench201/1", "nasbench201/2")
    assert sorted(encoders) == encoders
