import asyncio
from collections.abc import Iterator
from threading import Event, current_thread

import pytest

from app.domain.errors import OverloadedError
from app.predictor.lane import Lane

pytestmark = pytest.mark.anyio


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane("numbers", limit=2)
    yield lane
    lane.close()


async def test_work_runs_on_a_thread_of_its_own(lane: Lane) -> None:
    assert (await lane.run(current_thread)).name == "numbers_0"


async def test_arguments_and_result_are_passed_on(lane: Lane) -> None:
    assert await lane.run(divmod, 17, 5) == (3, 2)


async def test_what_goes_wrong_is_passed_on(lane: Lane) -> None:
    with pytest.raises(ZeroDivisionError):
        await lane.run(divmod, 17, 0)

    assert await lane.run(divmod, 17, 5) == (3, 2)


async def test_work_is_done_in_the_order_in_which_it_was_asked_for() -> None:
    lane, done = Lane("numbers", limit=100), list[int]()

    await asyncio.gather(*[lane.run(done.append, i) for i in range(100)])

    lane.close()
    assert done == list(range(100))


async def test_more_than_the_limit_is_refused_and_the_rest_is_done(lane: Lane) -> None:
    release = Event()
    accepted = [asyncio.create_task(lane.run(release.wait, 5)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(OverloadedError, match="2 requests wait already: try again in a moment"):
        await lane.run(print)

    release.set()
    assert await asyncio.gather(*accepted) == [True, True]
    assert await lane.run(divmod, 17, 5) == (3, 2)


async def test_work_that_must_be_done_is_never_refused(lane: Lane) -> None:
    release = Event()

    futures = [lane.submit(release.wait, 5) for _ in range(10)]

    release.set()
    assert [future.result(5) for future in futures] == [True] * 10


async def test_canceling_the_wait_does_not_cancel_the_work(lane: Lane) -> None:
    release, done = Event(), list[str]()
    before = asyncio.create_task(lane.run(release.wait, 5))
    begun = asyncio.create_task(lane.run(done.append, "waited for no longer"))
    await asyncio.sleep(0)

    begun.cancel()
    with pytest.raises(asyncio.CancelledError):
        await begun
    release.set()

    assert await before
    await lane.run(done.append, "after")
    assert done == ["waited for no longer", "after"]


async def test_closing_finishes_what_waits() -> None:
    lane, release, done = Lane("numbers", limit=9), Event(), list[int]()
    lane.submit(release.wait, 5)
    for i in range(5):
        lane.submit(done.append, i)

    release.set()
    lane.close()

    assert done == [0, 1, 2, 3, 4]
