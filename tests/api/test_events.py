"""What changes in a study, as a stream over HTTP; tests/process has it over a real connection."""

import asyncio
import json

import pytest

from app.dashboard.events import MAX_LISTENERS

from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

PATH = "/studies/default/events"


async def test_a_stream_has_events_as_browsers_read_them(server: Server) -> None:
    listening = asyncio.create_task(server.http.get(PATH))  # which ends with the study
    await asyncio.sleep(0.1)
    await server.http.delete("/studies/default")

    response = await asyncio.wait_for(listening, 5)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    first, gone, rest = response.text.split("\n\n")
    name, data = first.split("\n")
    assert name == "event: study"
    assert json.loads(data.removeprefix("data: "))["revision"] == 0
    assert (gone, rest) == ('event: gone\ndata: {"study": "default"}', "")


async def test_who_went_is_not_counted_any_more(server: Server) -> None:
    for _ in range(3):
        listening = asyncio.create_task(server.http.get(PATH))
        await asyncio.sleep(0.05)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert server.app.state.service.dashboard.events.n_listeners == 0


async def test_too_many_who_listen_are_refused(server: Server) -> None:
    events = server.app.state.service.dashboard.events
    listeners = [await events.listen("default") for _ in range(MAX_LISTENERS)]

    response = await server.http.get(PATH)

    assert problem_of(response, 503).type == "overloaded"
    assert response.headers["retry-after"] == "1"
    for listener in listeners:
        listener.close()


async def test_a_study_that_is_not_there_is_told(shared_server: Server) -> None:
    assert problem_of(await shared_server.http.get("/studies/none/events"), 404).type == "unknown_study"
