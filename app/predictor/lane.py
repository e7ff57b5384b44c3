"""A lane: one thread that does one kind of work, in the order in which it was asked for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from app.domain.errors import OverloadedError

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for something.

    Args:
        limit: more is refused.
        refused: how often, so far.
    """

    name: str
    n: int
    limit: int
    refused: int


class Lane:
    """Runs work on a thread of its own, so that neither the event loop nor other work waits in the middle of it.

    Args:
        limit: how much may wait before `run` refuses more.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._waiting = 0
        self._refused = 0
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    @property
    def waiting(self) -> Waiting:
        """What waits and what is being done."""
        return Waiting(self._name, self._waiting, self._limit, self._refused)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work returns, or raises.

        Work that has begun is finished even when the caller is canceled.

        Raises:
            OverloadedError: as much waits already as the lane takes on.
        """
        with self._lock:
            if self._waiting >= self._limit:
                self._refused += 1
                raise OverloadedError(f"{self._waiting} requests wait already: try again in a moment")
        return await finished(self.submit(work, *args, **kwargs))

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Queue work that must be done, however much waits."""
        with self._lock:
            self._waiting += 1
        return self._executor.submit(self._in_turn, partial(work, *args, **kwargs))

    def here(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What the work returns, done on the calling thread while the lane's own waits; None if the lane is busy.

        For work that takes no longer than to hand it over and back.
        """
        with self._lock:
            if self._waiting or not self._turn.acquire(blocking=False):
                return None
        try:
            return work(*args, **kwargs)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        self._executor.shutdown(wait=True)

    def _in_turn(self, work: Callable[[], T]) -> T:
        try:
            with self._turn:
                return work()
        finally:
            with self._lock:
                self._waiting -= 1


@dataclass(frozen=True, slots=True)
class Lanes:
    """Who does what on which thread.

    Args:
        numbers: parses, embeds, estimates and takes observations in; owns the studies in memory.
        writes: commits to the store, one change after the other.
        fits: fits scales as studies grow, makes the encoders of declared spaces and reads whole studies, for as long
            as that takes.
        reads: reads from the store what no estimate needs.
        searches: draws and embeds fresh candidates.
    """

    numbers: Lane
    writes: Lane
    fits: Lane
    reads: Lane
    searches: Lane

    @classmethod
    def of(cls, limit: int) -> "Lanes":
        """New lanes, each with as much waiting at most."""
        return cls(*(Lane(name, limit) for name in ("numbers", "writes", "fits", "reads", "searches")))

    @property
    def waiting(self) -> list[Waiting]:
        """What waits on each."""
        return [lane.waiting for lane in (self.numbers, self.writes, self.fits, self.reads, self.searches)]

    def close(self) -> None:
        """Finish what waits, and what comes of it."""
        for lane in (self.searches, self.writes, self.fits, self.numbers, self.reads):
            lane.close()


async def finished(future: "Future[T]") -> T:
    """The result of work; canceling the wait does not cancel the work, which others may count on."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[T] = loop.create_future()

    def tell(done: "Future[T]") -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_pass_on, done, waiter)

    future.add_done_callback(tell)
    return await waiter


def _pass_on(done: "Future[T]", waiter: "asyncio.Future[T]") -> None:
    if waiter.done():  # nobody waits any more
        return
    if error := done.exception():
        waiter.set_exception(error)
    else:
        waiter.set_result(done.result())
