"""What a client asks first, the service has asked itself."""

from pathlib import Path

import pytest

from app.api.rehearsal import rehearse
from app.predictor.ports import Encoder

from .cells import CELLS
from .serving import serving, store_with_default_study
from .test_metrics import metrics

pytestmark = pytest.mark.anyio

OBSERVATIONS = [{"architecture": cell, "metrics": {"val_accuracy": 90.0 + i}} for i, cell in enumerate(CELLS[:6])]


async def test_estimates_that_no_client_asked_for_are_not_counted(tmp_path: Path, encoder: Encoder) -> None:
    async with serving(store_with_default_study(tmp_path), encoder, tmp_path) as server:
        await server.ready()
        assert (await server.http.post("/observe", json={"observations": OBSERVATIONS})).is_success
    async with serving(store_with_default_study(tmp_path), encoder, tmp_path) as server:
        await server.ready()

        told = await metrics(server)
        activity = (await server.http.get("/studies/default/activity")).json()

    assert told("emprox_step_seconds_count", request="predict", step="queue") == 0
    assert "/predict" not in {labels["route"] for labels in told.of("emprox_request_seconds_count")}
    assert activity["workers"] == []


async def test_each_sample_is_asked_for_by_itself() -> None:
    bodies = []

    async def app(scope: object, receive: object, send: object) -> None:
        bodies.append((await receive())["body"])  # type: ignore[operator]

    await rehearse(app, [("default", CELLS[0]), ("nightly", {"nodes": []})])

    assert bodies == [
        b'{"study":"default","candidates":["' + CELLS[0].encode() + b'"]}',
        b'{"study":"nightly","candidates":[{"nodes":[]}]}',
    ]
