import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from threading import Event

import pytest
from emprox_client.schemas import Health, Version

from app.domain.errors import EmproxError, StoreError
from app.domain.observation import Observation
from app.domain.study import Study
from app.predictor.ports import Encoder
from app.predictor.store import Appended, StudyIdentity, StudyRecord
from app.storage.observation_store import SqlObservationStore

from .cells import CELLS
from .serving import Server, problem_of, serving, store_with_default_study

pytestmark = pytest.mark.anyio

OBSERVATION = {"observations": [{"architecture": CELLS[0], "metrics": {"val_accuracy": 93.0}}]}
CANDIDATES = {"candidates": [CELLS[1]]}


class TroubledStore(SqlObservationStore):
    """A real store whose troubles a test turns on and off."""

    def __init__(self, store: SqlObservationStore) -> None:
        super().__init__(store.engine, store._release)
        self.readable = Event()
        self.readable.set()
        self.full = False
        self.damaged = False

    def declare(self, study: Study) -> bool:
        if self.full:
            raise StoreError("the database cannot be written, nothing was stored: disk I/O error")
        return super().declare(study)

    def studies(self) -> list[StudyRecord]:
        self.readable.wait()
        if self.damaged:
            raise StoreError("the database cannot be read: disk image is malformed")
        return super().studies()

    def append_each(
        self, batches: Sequence[tuple[str, Sequence[Observation]]], checked: Sequence[StudyIdentity] | None = None
    ) -> list[Appended | EmproxError]:
        self.readable.wait()
        if self.full:
            raise StoreError("the database cannot be written, nothing was stored: disk I/O error")
        return super().append_each(batches, checked)


@pytest.fixture
def troubled(tmp_path: Path) -> TroubledStore:
    return TroubledStore(store_with_default_study(tmp_path))


async def test_a_live_server_that_is_ready_says_so(server: Server) -> None:
    for route in ("/health/live", "/health/ready"):
        response = await server.http.get(route)

        assert response.status_code == 200
        assert Health.model_validate_json(response.content) == Health(status="ok")


async def test_versions_are_those_of_the_package_and_the_encoder(server: Server) -> None:
    found = Version.model_validate_json((await server.http.get("/version")).content)

    assert found == Version(server=version("emprox-server"), encoders={"nasbench201": "nasbench201/1 (graph)"})


async def test_a_server_that_still_loads_is_live_and_not_ready(
    tmp_path: Path, encoder: Encoder, troubled: TroubledStore
) -> None:
    troubled.readable.clear()
    async with serving(troubled, encoder, tmp_path) as server:
        live = await server.http.get("/health/live")
        refused = [
            await server.http.get("/health/ready"),
            await server.http.get("/studies"),
            await server.http.get("/studies/default"),
            await server.http.put("/studies/x", json={"space": "nasbench201", "metrics": [{"name": "loss"}]}),
            await server.http.post("/predict", json=CANDIDATES),
            await server.http.post("/observe", json=OBSERVATION),
        ]
        troubled.readable.set()
        await server.ready()

        assert (await server.http.post("/observe", json=OBSERVATION)).status_code == 201

    assert live.status_code == 200
    for response in refused:
        assert problem_of(response, 503).detail == "the studies are being loaded: try again in a moment"
        assert response.headers["retry-after"] == "1"


async def test_a_server_that_cannot_load_says_why(tmp_path: Path, encoder: Encoder, troubled: TroubledStore) -> None:
    troubled.damaged = True
    async with serving(troubled, encoder, tmp_path) as server:
        while "being loaded" in (response := await server.http.get("/health/ready")).text:
            await asyncio.sleep(0.01)

        detail = problem_of(response, 503).detail
        assert detail == "the studies cannot be loaded: the database cannot be read: disk image is malformed"
        assert (await server.http.get("/health/live")).status_code == 200


async def test_a_server_that_cannot_store_is_not_ready_until_it_can(
    tmp_path: Path, encoder: Encoder, troubled: TroubledStore
) -> None:
    async with serving(troubled, encoder, tmp_path) as server:
        await server.ready()
        await server.http.post("/observe", json=OBSERVATION)
        troubled.full = True

        refused = await server.http.post("/observe", json=OBSERVATION)
        ready = await server.http.get("/health/ready")
        predicted = await server.http.post("/predict", json=CANDIDATES)

        assert problem_of(refused, 503).type == "store_unavailable"
        assert refused.headers["retry-after"] == "1"
        assert "could not be stored: the database cannot be written" in problem_of(ready, 503).detail
        assert (predicted.status_code, predicted.json()["revision"]) == (200, 1)

        troubled.full = False
        assert (await server.http.post("/observe", json=OBSERVATION)).json()["revision"] == 2
        assert (await server.http.get("/health/ready")).status_code == 200


async def test_a_declaration_that_cannot_be_stored_is_worth_another_try(
    tmp_path: Path, encoder: Encoder, troubled: TroubledStore
) -> None:
    declaration = {"space": "nasbench201", "metrics": [{"name": "loss"}]}
    async with serving(troubled, encoder, tmp_path) as server:
        await server.ready()
        troubled.full = True

        refused = await server.http.put("/studies/nightly", json=declaration)

        assert problem_of(refused, 503).type == "store_unavailable"
        assert (await server.http.get("/studies/nightly")).status_code == 404
        troubled.full = False
        assert (await server.http.put("/studies/nightly", json=declaration)).status_code == 201


async def test_more_work_than_the_queue_holds_is_refused(
    tmp_path: Path, encoder: Encoder, troubled: TroubledStore
) -> None:
    async with serving(troubled, encoder, tmp_path, queue_limit=2) as server:
        await server.ready()
        troubled.readable.clear()

        sent = [asyncio.create_task(server.http.post("/observe", json=OBSERVATION)) for _ in range(5)]
        done, waiting = await asyncio.wait(sent, timeout=0.5)
        troubled.readable.set()
        stored = await asyncio.gather(*waiting)

        assert sorted(response.json()["revision"] for response in stored) == [1, 2]
        assert len(done) == 3
        for each in done:
            problem = problem_of(each.result(), 503)
            assert problem.type == "overloaded"
            assert each.result().headers["retry-after"] == "1"


async def test_what_would_not_be_estimated_is_not_read(
    tmp_path: Path, encoder: Encoder, troubled: TroubledStore
) -> None:
    async with serving(troubled, encoder, tmp_path, queue_limit=0) as server:
        await server.ready()

        refused = await server.http.post("/predict", content="{", headers={"Content-Type": "application/json"})

    assert problem_of(refused, 503).type == "overloaded"
    assert refused.headers["retry-after"] == "1"


async def test_what_nobody_foresaw_is_a_problem_without_its_details(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_name: str) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(server.predictor, "describe", fail)

    response = await server.http.get("/studies/default")

    assert problem_of(response, 500).detail == "the server failed to answer; its log says why"
    assert "a secret" not in response.text
    assert "request failed path=/studies/default" in caplog.text
