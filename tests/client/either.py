"""Both clients behind the face of the plain one, so that each test is of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Protocol, cast

from emprox_client import AsyncClient, AsyncStudyHandle, Client


class Connect(Protocol):
    """Makes a client of the kind that the test is run for; the test's end closes it."""

    def __call__(self, url: str | None = None, **arguments: Any) -> Client:
        """The client, with the arguments of `Client`."""
        ...


def awaited(loop: asyncio.AbstractEventLoop, url: str | None, arguments: dict[str, Any]) -> Client:
    """An `AsyncClient` that is made and awaited on the loop, as if it were a `Client`."""

    async def made() -> AsyncClient:
        return AsyncClient(url, **arguments)

    return cast("Client", _Awaited(loop, loop.run_until_complete(made())))


class _Awaited:
    def __init__(self, loop: asyncio.AbstractEventLoop, target: AsyncClient | AsyncStudyHandle) -> None:
        self._loop = loop
        self._target = target

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._target, name)
        if isinstance(attribute, AsyncClient):
            return _Awaited(self._loop, attribute)
        return self._awaiting(attribute) if callable(attribute) else attribute

    def __repr__(self) -> str:
        return repr(self._target)

    def _awaiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            if inspect.iscoroutine(answer):
                return self._loop.run_until_complete(answer)
            return _Awaited(self._loop, answer) if isinstance(answer, AsyncStudyHandle) else answer

        return call
