"""All observations of a study over HTTP."""

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from app.api.record_stream import asked_for
from app.exchange.export_file import export
from app.exchange.formats import Format
from app.storage.sqlite import read_sqlite_store

from .cells import CELLS
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

OBSERVATIONS = "/studies/default/observations"
ACCEPT = {Format.CSV: {"Accept": "text/csv"}, Format.NDJSON: {"Accept": "application/x-ndjson"}}


async def observe(server: Server, n: int) -> list[str]:
    """Some trainings; gives their ids."""
    observations = [
        {"architecture": CELLS[i % len(CELLS)], "metrics": {"val_accuracy": 80.0 + i / 3}, "worker": "é"}
        for i in range(n)
    ]
    response = await server.http.post("/observe", json={"observations": observations})
    assert response.status_code == 201, response.text
    return [each["observation_id"] for each in response.json()["observations"]]


@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON])
async def test_the_stream_is_what_export_writes(server: Server, tmp_path: Path, kind: Format) -> None:
    ids = await observe(server, 30)
    await server.http.delete(f"{OBSERVATIONS}/{ids[3]}", params={"actor": "mara"})

    response = await server.http.get(OBSERVATIONS, params={"retracted": "with"}, headers=ACCEPT[kind])

    with closing(read_sqlite_store(tmp_path)) as store:
        list(export(store, "default", tmp_path / "exported", kind))
    assert response.headers["content-type"].partition(";")[0] == ACCEPT[kind]["Accept"]
    assert response.content == (tmp_path / "exported").read_bytes()


async def test_retracted_observations_are_left_out_unless_asked_for_and_revisions_can_be(server: Server) -> None:
    ids = await observe(server, 3)
    await server.http.delete(f"{OBSERVATIONS}/{ids[0]}")

    counts = []
    for query in ({}, {"retracted": "only"}, {"as_of": "1"}, {"limit": "1"}):
        response = await server.http.get(OBSERVATIONS, params=query, headers=ACCEPT[Format.NDJSON])
        study, *observations = map(json.loads, response.content.splitlines())
        assert study["study"]["name"] == "default"
        counts.append(len(observations))

    assert counts == [2, 1, 3, 2]


async def test_a_study_that_is_not_there_is_a_problem(server: Server) -> None:
    response = await server.http.get("/studies/none/observations", headers=ACCEPT[Format.CSV])

    assert problem_of(response, 404).type == "unknown_study"


async def test_a_client_that_reads_slowly_or_goes_away_holds_nothing_up(server: Server) -> None:
    for _ in range(3):
        await observe(server, 1000)
    sent: list[bytes] = []
    go_on = asyncio.Event()

    async def receive() -> Message:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.append(message.get("body", b""))
            if len(sent) == 2:
                await go_on.wait()

    headers = [(b"accept", b"application/x-ndjson")]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": OBSERVATIONS,
    }
    scope |= {"raw_path": OBSERVATIONS.encode(), "query_string": b"", "headers": headers, "scheme": "http"}
    scope |= {"root_path": "", "app": server.app, "client": ("it", 1), "server": ("it", 80)}
    request = asyncio.create_task(server.app(scope, receive, send))
    while len(sent) < 2:
        await asyncio.sleep(0.01)

    assert (await server.http.get(OBSERVATIONS)).status_code == 200
    assert len(sent) == 2

    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    assert (await server.http.get(OBSERVATIONS)).status_code == 200
    assert sum(map(len, sent)) < 1_500_000


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", None),
        ("*/*", None),
        ("application/json, text/csv", None),
        ("text/csv", Format.CSV),
        ("Text/CSV; q=0.9, */*", Format.CSV),
        ("application/x-ndjson,application/json", Format.NDJSON),
        ("text/html", None),
    ],
)
async def test_the_first_media_type_that_is_known_decides(accept: str, kind: Format | None) -> None:
    assert asked_for(accept) is kind
