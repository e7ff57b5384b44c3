"""A study whose neighbors are looked for in the database answers as one that has them in memory."""

import asyncio
import time
from pathlib import Path

import pytest

from app import bootstrap
from app.bootstrap import open_predictor
from app.domain.errors import StoreError
from app.domain.prediction import Prediction
from app.predictor import known_points
from app.predictor.requests import NewObservation, PredictionQuery
from app.predictor.trainings import observations_to_fit
from app.settings import Search, Settings
from tests.process.cells import cells, trained

from .database import Database

CANDIDATES = cells(20, seed=3)
OBSERVED = [NewObservation(each["architecture"], each["metrics"], each["observation_id"]) for each in trained(400)]
FITTED = observations_to_fit(len(OBSERVED))


def scores(settings: Settings) -> list[float]:
    """What a server says once it has all of them, and its scales are fitted."""
    predictor = open_predictor(settings)
    try:
        predictor.load()
        for start in range(0, len(OBSERVED), 80):
            asyncio.run(predictor.observe("default", OBSERVED[start : start + 80]))
        while asyncio.run(predictor.describe("default")).fitted["val_accuracy"] < FITTED:
            time.sleep(0.02)
        answer = asyncio.run(predictor.predict(PredictionQuery("default", CANDIDATES)))
        found = [each for each in answer.predictions if isinstance(each, Prediction)]
        return [each.metrics["val_accuracy"].score for each in found]
    finally:
        predictor.close()


def test_estimates_are_the_same(postgres_server: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_points, "MAX_FACTORIZED", 100)
    monkeypatch.setattr(bootstrap, "HNSW_FROM", 0)
    in_memory = scores(Settings(tmp_path / "memory"))

    url = postgres_server.new()
    first = scores(Settings(tmp_path / "first", database_url=url, search=Search.PGVECTOR))
    again = scores(Settings(tmp_path / "second", database_url=url, search=Search.PGVECTOR))

    assert first == pytest.approx(in_memory, abs=1e-6)
    assert again == pytest.approx(in_memory, abs=1e-6)  # from the tables that the first one left


def test_pgvector_without_postgresql_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no PostgreSQL: name one by EMPROX_DATABASE_URL, or set"):
        open_predictor(Settings(tmp_path, search=Search.PGVECTOR))
