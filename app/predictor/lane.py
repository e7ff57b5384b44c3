"""A lane: one thread that does one kind of work, in the order in which it was asked for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from app.domain.errors import OverloadedError

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """Runs work on a thread of its own, so that neither the event loop nor other work waits in the middle of it.

    Args:
        limit: how much may wait before `run` refuses more.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._waiting = 0
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work returns, or raises.

        Work that has begun is finished even when the caller is canceled.

        Raises:
            OverloadedError: as much waits already as the lane takes on.
        """
        with self._lock:
            if self._waiting >= self._limit:
                raise OverloadedError(f"{self._waiting} requests wait already: try again in a moment")
        return await finished(self.submit(work, *args, **kwargs))

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Queue work that must be done, however much waits."""
        with self._lock:
            self._waiting += 1
        future = self._executor.submit(work, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        self._executor.shutdown(wait=True)

    def _done(self, _future: object) -> None:
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

    def close(self) -> None:
        """Finish what waits, and what comes of it."""
        for lane in (self.searches, self.writes, self.fits, self.numbers, self.reads):
            lane.close()


async def finished(future: "Future[T]") -> T:
    """The result of work; canceling the wait does not cancel the work, which others may count on."""
    return await asyncio.shield(asyncio.wrap_future(future))
