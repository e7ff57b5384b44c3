"""How requests, waiting and work that blocks are done: in threads that wait, or on an event loop."""
# ruff: noqa: D102  # both classes do what `Connection` says

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import httpx

T = TypeVar("T")
A = TypeVar("A")

# Requests of one call that are under way at the same time.
CONCURRENT = 4


class Connection(Protocol):
    """What the two clients do each in its own way; closing it twice is harmless."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        ...

    async def request(self, arguments: dict[str, Any]) -> httpx.Response:
        """The response to a request, which is made with these arguments of httpx."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait."""
        ...

    async def apart(self, work: Callable[..., T], *arguments: Any) -> T:
        """What a function returns that reads or writes files."""
        ...

    async def side_by_side(self, work: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A]) -> list[T]:
        """What becomes of each item, in their order; at most CONCURRENT are worked on at the same time."""
        ...

    async def close(self) -> None:
        """Let go of the server."""
        ...


class BlockingConnection:
    """Its coroutines block and never wait for an event loop: `finished` runs them to their end."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @property
    def is_closed(self) -> bool:
        return self._http.is_closed

    async def request(self, arguments: dict[str, Any]) -> httpx.Response:
        return self._http.request(**arguments)

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    async def apart(self, work: Callable[..., T], *arguments: Any) -> T:
        return work(*arguments)

    async def side_by_side(self, work: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A]) -> list[T]:
        if len(items) == 1:
            return [await work(items[0])]
        with ThreadPoolExecutor(CONCURRENT) as threads:
            return list(threads.map(lambda item: finished(work(item)), items))

    async def close(self) -> None:
        self._http.close()


class AsyncioConnection:
    """Its coroutines wait on the event loop."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @property
    def is_closed(self) -> bool:
        return self._http.is_closed

    async def request(self, arguments: dict[str, Any]) -> httpx.Response:
        return await self._http.request(**arguments)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def apart(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.to_thread(work, *arguments)

    async def side_by_side(self, work: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A]) -> list[T]:
        turns = asyncio.Semaphore(CONCURRENT)

        async def in_turn(item: A) -> T:
            async with turns:
                return await work(item)

        return await asyncio.gather(*map(in_turn, items))

    async def close(self) -> None:
        await self._http.aclose()


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("it waits for an event loop")  # never of a BlockingConnection
