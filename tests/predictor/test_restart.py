"""What a study says does not change when the process ends and another begins."""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.domain.prediction import Prediction
from app.index import choose
from app.predictor import basis
from app.predictor.ports import Encoder, Float32Array
from app.predictor.requests import PredictionAnswer

from .cells import CANDIDATES, CELLS, distinct_cells
from .running import Running, trained


class CountingEncoder:
    """The bundled encoder, and how many architectures it was asked to embed."""

    def __init__(self, encoder: Encoder, checksum: str = "") -> None:
        self._encoder = encoder
        self.version, self.kind = encoder.version, encoder.kind
        self.checksum = checksum or encoder.checksum
        self.block_of_column, self.group_of_column = encoder.block_of_column, encoder.group_of_column
        self.n_embedded = 0

    def embed(self, architectures: Sequence[Architecture]) -> Float32Array:
        self.n_embedded += len(architectures)
        return self._encoder.embed(architectures)

    def decode(self, _embeddings: Float32Array) -> list[Architecture]:
        return []


def numbers(answer: PredictionAnswer) -> np.ndarray:
    """Every number of an answer."""
    found: list[float | None] = []
    for prediction in answer.predictions:
        assert isinstance(prediction, Prediction)
        found += [prediction.novelty]
        for estimate in prediction.metrics.values():
            found += [estimate.score, estimate.std, estimate.lower, estimate.upper]
        for neighbor in prediction.neighbors:
            found += [neighbor.distance, neighbor.weight, *neighbor.values.values()]
    return np.array(found, dtype=np.float64)


def asked(running: Running) -> PredictionAnswer:
    return running.predict(*CANDIDATES, neighbors=5)


@pytest.fixture
def before(tmp_path: Path, encoder: Encoder) -> PredictionAnswer:
    """What a predictor said before it was closed; 76 architectures in many batches, some trained twice."""
    with Running(tmp_path, encoder) as running:
        for start in range(0, 70, 7):
            running.observe(*map(trained, CELLS[start : start + 7]))
        running.observe(*[trained(cell, val_accuracy=85.0, latency=3.0) for cell in CELLS[60:76]])
        running.fitted(79)
        return asked(running)


def same(found: PredictionAnswer, expected: PredictionAnswer) -> bool:
    np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-9, atol=1e-9)
    return (found.revision, found.encoder, found.k) == (expected.revision, expected.encoder, expected.k)


def cache_file(directory: Path) -> Path:
    (path,) = (directory / "cache").iterdir()
    return path


def test_with_its_cache_nothing_is_embedded_again(tmp_path: Path, encoder: Encoder, before: PredictionAnswer) -> None:
    counting = CountingEncoder(encoder)

    with Running(tmp_path, counting) as running:
        assert counting.n_embedded == 0
        assert running.describe().fitted == {"val_accuracy": 79, "latency": 0}
        assert same(asked(running), before)


def removed(path: Path) -> None:
    path.unlink()


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [removed, flipped, cut_short, emptied])
def test_a_damaged_cache_is_computed_again(
    tmp_path: Path, encoder: Encoder, before: PredictionAnswer, damage: Callable[[Path], None]
) -> None:
    damage(cache_file(tmp_path))
    counting = CountingEncoder(encoder)

    with Running(tmp_path, counting) as running:
        assert counting.n_embedded == 76
        assert same(asked(running), before)

    with Running(tmp_path, counting):
        assert counting.n_embedded == 76 + len(CANDIDATES)


def test_without_any_cache_the_answers_are_the_same(tmp_path: Path, encoder: Encoder, before: PredictionAnswer) -> None:
    with Running(tmp_path, encoder, cache=False) as running:
        assert same(asked(running), before)


def test_a_cache_of_another_encoder_is_not_used(tmp_path: Path, encoder: Encoder, before: PredictionAnswer) -> None:
    counting = CountingEncoder(encoder, checksum="another")

    with Running(tmp_path, counting) as running:
        assert counting.n_embedded == 76
        assert same(asked(running), before)


def test_scales_of_observations_that_are_gone_are_not_used(
    tmp_path: Path, encoder: Encoder, before: PredictionAnswer
) -> None:
    for path in tmp_path.glob("emprox.sqlite3*"):
        path.unlink()

    with Running(tmp_path, encoder) as running:
        assert running.describe().fitted == {"val_accuracy": 0, "latency": 0}
        running.observe(*map(trained, CELLS[:31]))
        assert running.fitted(25).describe().fitted["val_accuracy"] == 25


def test_observing_goes_on_after_a_restart(tmp_path: Path, encoder: Encoder, before: PredictionAnswer) -> None:
    with Running(tmp_path, encoder) as running:
        answer = running.observe(trained(CELLS[80]))

        assert answer.revision == before.revision + 1
        assert asked(running).k == before.k + 1


def test_closing_does_not_wait_for_fits_that_nobody_needs(tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path, encoder) as running:
        for start in range(0, 400, 40):
            running.observe(*map(trained, CELLS[start : start + 40]))
        asked_to_close = time.monotonic()

    assert time.monotonic() - asked_to_close < 10
    with Running(tmp_path, encoder) as running:
        assert running.describe().fitted["val_accuracy"] == 380


def test_an_observed_candidate_is_at_distance_zero_whatever_batch_it_was_embedded_in(
    tmp_path: Path, encoder: Encoder
) -> None:
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[:70]))

    with Running(tmp_path, encoder) as running:
        for cell in CELLS[:5]:
            (prediction,) = running.predict(cell).predictions
            assert isinstance(prediction, Prediction)
            assert prediction.novelty == 0


MANY = distinct_cells(1200)


def test_a_large_study_is_not_read_again(tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anchors, index and all: what came after the last fit counts as before."""
    monkeypatch.setattr(choose, "HNSW_FROM", 500)
    monkeypatch.setattr(basis, "MAX_ANCHORS", 300)
    with Running(tmp_path, encoder) as running:
        for start in range(0, 1200, 100):
            running.observe(*map(trained, MANY[start : start + 100]))
        running.fitted(1118).observe(*map(trained, MANY[:3]))
        expected = asked(running)
    assert list((tmp_path / "cache").glob("*.hnsw"))

    with Running(tmp_path, encoder) as running:
        assert same(asked(running), expected)
        running.observe(trained(MANY[0], val_accuracy=99.0))
        assert asked(running).revision == expected.revision + 1


def test_only_what_came_since_is_read_from_the_store(tmp_path: Path, encoder: Encoder) -> None:
    """As after an end without notice, which leaves the snapshot of an earlier moment."""
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[:40]))
        running.fitted(40)
    early = shutil.copytree(tmp_path / "cache", tmp_path / "early")
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[40:47]))
        expected = asked(running)
    shutil.rmtree(tmp_path / "cache")
    early.rename(tmp_path / "cache")
    counting = CountingEncoder(encoder)

    with Running(tmp_path, counting) as running:
        assert counting.n_embedded == 7
        assert same(asked(running), expected)


def test_a_snapshot_of_observations_that_the_store_does_not_have_is_not_used(tmp_path: Path, encoder: Encoder) -> None:
    """As where an older copy of the database was put in place, and has gone on otherwise."""
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[:30]))
    older = {path: path.read_bytes() for path in tmp_path.glob("emprox.sqlite3*")}
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[30:40]))
    kept = shutil.copytree(tmp_path / "cache", tmp_path / "kept")
    for path, content in older.items():
        path.write_bytes(content)
    with Running(tmp_path, encoder) as running:
        running.observe(*map(trained, CELLS[40:60]))
        expected = asked(running.fitted(50))
    shutil.rmtree(tmp_path / "cache")
    kept.rename(tmp_path / "cache")

    with Running(tmp_path, encoder) as running:
        assert running.describe().n_observations == 50
        assert same(asked(running), expected)
