"""The client for asyncio."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any, TypeVar

import httpx

from emprox_client.call import Plan
from emprox_client.connection import AsyncioConnection
from emprox_client.exchange import Exchange
from emprox_client.journal import Journal
from emprox_client.methods import async_method, bound_to
from emprox_client.requests import observing, predicting, server, studies, suggesting
from emprox_client.requests.names import named
from emprox_client.settings import settings

T = TypeVar("T")


class _StudyMethods:
    """What can be asked of a study."""

    predict = async_method(predicting.predict)
    observe = async_method(observing.observe)
    observe_all = async_method(observing.observe_all)
    suggest = async_method(suggesting.suggest)
    renew = async_method(suggesting.renew)
    give_back = async_method(suggesting.give_back)
    declare = async_method(studies.declare)
    describe = async_method(studies.describe)
    exists = async_method(studies.exists)
    observations = async_method(studies.observations)
    quality = async_method(studies.quality)

    async def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        raise NotImplementedError

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with those that are given to each call."""
        raise NotImplementedError


class AsyncClient(_StudyMethods):
    """A connection to a server, for any number of tasks of one event loop; as `Client` otherwise.

    async with AsyncClient("http://127.0.0.1:8000") as client:
        await client.observe(architecture, {"val_accuracy": 93.1})
        print(await client.predict(candidates))
    """

    version = async_method(server.version)
    wait_until_ready = async_method(server.wait_until_ready)
    studies = async_method(server.studies)
    spaces = async_method(server.spaces)
    declare_space = async_method(server.declare_space)

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        worker: str | None = None,
        timeout: float = 30.0,
        total_timeout: float = 60.0,
        journal: str | os.PathLike[str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings(url, api_key, worker, timeout, total_timeout)
        kept = Journal(journal) if journal is not None else None
        http = httpx.AsyncClient(transport=transport, **self._settings.http())
        self._exchange = Exchange(self._settings, kept, AsyncioConnection(http))

    def study(self, name: str) -> AsyncStudyHandle:
        """The methods of one study.

        Raises:
            InvalidRequestError: it is no name.
        """
        return AsyncStudyHandle(self, named(name))

    async def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        return await self._exchange.send(plan)

    async def flush(self) -> int:
        """Send what waits in the journal; returns how many were stored.

        Raises:
            EmProxError: why some still wait.
        """
        return await self._exchange.flush()

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are."""
        return arguments

    async def close(self) -> None:
        """Try once to send what waits in the journal, and close the connections."""
        await self._exchange.close()

    async def __aenter__(self) -> AsyncClient:
        """The client, closed at the end of the block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncClient of {self._settings.url}>"


class AsyncStudyHandle(_StudyMethods):
    """The methods of one study, such as `await client.study("mobile").predict(candidates)`."""

    def __init__(self, client: AsyncClient, name: str) -> None:
        self.client, self.name = client, name

    async def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        return await self.client.send(plan)

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with the study."""
        return bound_to(self.name, arguments)

    def __repr__(self) -> str:
        return f"<study {self.name!r} of {self.client!r}>"
