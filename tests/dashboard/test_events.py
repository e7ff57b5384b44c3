"""What is told to those who listen to a study."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.dashboard import events as module
from app.dashboard.activity import Activity, Asked, Kind
from app.dashboard.events import MAX_LISTENERS, Event, Events, Listener
from app.domain.errors import OverloadedError, UnknownStudyError
from app.encoder.checkpoint import load_checkpoint
from app.settings import MODELS_DIR
from tests.predictor.cells import CELLS, SPACE
from tests.predictor.running import STUDY, Running, trained

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def running(tmp_path: Path) -> Any:
    with Running(tmp_path, load_checkpoint(MODELS_DIR, SPACE).serving()) as running:
        yield running


@asynccontextmanager
async def listening(events: Events, name: str = "cells") -> AsyncIterator[tuple[Listener, AsyncIterator[Event]]]:
    listener = await events.listen(name)
    try:
        async with aclosing(listener.events()) as told:  # type: ignore[type-var]
            yield listener, told
    finally:
        listener.close()


async def observe(running: Running, *cells: str) -> None:
    await running.predictor.observe("cells", [trained(cell) for cell in cells])


async def test_who_listens_hears_at_once_how_the_study_is(running: Running) -> None:
    await observe(running, *CELLS[:3])

    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        first = await anext(told)

    assert first == Event(
        "study",
        {
            "study": "cells",
            "revision": 1,
            "observations": 3,
            "encoder": "nasbench201/1",
            "encoder_kind": "graph",
            "fitted_observations": {"val_accuracy": 0, "latency": 0},
        },
    )


async def test_who_listens_hears_of_each_new_revision(running: Running) -> None:
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        await anext(told)
        await observe(running, CELLS[0])

        event = await asyncio.wait_for(anext(told), 5)

    assert (event.name, event.data["revision"], event.data["observations"]) == ("study", 1, 1)


async def test_who_listens_hears_of_a_fit(running: Running) -> None:
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        await observe(running, *CELLS[:30])

        while (await asyncio.wait_for(anext(told), 5)).data["fitted_observations"]["val_accuracy"] < 25:
            pass


async def test_changes_in_quick_succession_are_told_as_one(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 1.2)
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        await anext(told)
        for cell in CELLS[:5]:
            await observe(running, cell)
        events = [await asyncio.wait_for(anext(told), 5)]
        while events[-1].name:
            events.append(await asyncio.wait_for(anext(told), 5))

    revisions = [event.data["revision"] for event in events[:-1]]
    assert revisions[-1] == 5
    assert len(revisions) <= 3


async def test_a_study_that_does_not_change_is_told_to_live(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.05)
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        await anext(told)

        assert await asyncio.wait_for(anext(told), 5) == Event(None)


async def test_who_listens_hears_that_requests_come(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    activity = Activity(running.predictor.views.known)
    async with listening(Events(running.predictor.views, activity)) as (listener, told):
        await anext(told)
        for _ in range(3):
            activity.note(Asked("POST /predict", Kind.PREDICT, "a", "cells", 1), 0.0, 1.0)

        listener.look()
        activity.note(Asked("POST /predict", Kind.PREDICT, "a", "cells", 1), 0.0, 1.0)
        listener.look()  # too soon for another

        assert await asyncio.wait_for(anext(told), 1) == Event("activity", {"requests": 3})
        monkeypatch.setattr(module, "ACTIVITY_S", 0.0)
        listener.look()
        assert await asyncio.wait_for(anext(told), 1) == Event("activity", {"requests": 4})


async def test_a_study_that_is_deleted_is_told_to_be_gone_and_no_more(running: Running) -> None:
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        await anext(told)
        await running.predictor.delete("cells")

        assert [event async for event in told] == [Event("gone", {"study": "cells"})]


async def test_another_study_of_the_name_is_not_the_one_that_was_listened_to(running: Running) -> None:
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (_, told):
        await anext(told)
        await running.predictor.delete("cells")
        await running.predictor.declare(STUDY)

        assert [event.name async for event in told] == ["gone"]


async def test_a_study_that_is_being_read_again_is_not_gone(running: Running) -> None:
    async with listening(Events(running.predictor.views, Activity(running.predictor.views.known))) as (listener, told):
        await anext(told)
        running.predictor._studies.reload("cells")

        listener.look()

        await observe(running, CELLS[0])
        assert (await asyncio.wait_for(anext(told), 5)).name == "study"


async def test_nobody_listens_to_what_is_not_there(running: Running) -> None:
    with pytest.raises(UnknownStudyError):
        await Events(running.predictor.views, Activity(running.predictor.views.known)).listen("none")


async def test_only_so_many_listen(running: Running) -> None:
    events = Events(running.predictor.views, Activity(running.predictor.views.known))
    listeners = [await events.listen("cells") for _ in range(MAX_LISTENERS)]

    with pytest.raises(OverloadedError, match="100 listen already"):
        await events.listen("cells")

    listeners.pop().close()
    (await events.listen("cells")).close()
    for listener in listeners:
        listener.close()


async def test_nothing_is_looked_at_while_nobody_listens(running: Running) -> None:
    events = Events(running.predictor.views, Activity(running.predictor.views.known))
    before = len(asyncio.all_tasks())
    first, second = await events.listen("cells"), await events.listen("cells")
    assert len(asyncio.all_tasks()) == before + 1

    first.close()
    second.close()
    await asyncio.sleep(0)

    assert len(asyncio.all_tasks()) == before


async def test_streams_end_when_the_server_stops(running: Running) -> None:
    events = Events(running.predictor.views, Activity(running.predictor.views.known))
    async with listening(events) as (_, told):
        await anext(told)
        rest = asyncio.create_task(anext(told, None))
        await asyncio.sleep(0)

        events.end()

        assert await asyncio.wait_for(rest, 0.4) is None
    async with listening(events) as (_, late):
        assert [event.name async for event in late] == ["study"]
