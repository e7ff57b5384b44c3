"""The client for asyncio."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

import httpx
from tenacity import AsyncRetrying

from emprox_client.answers import VERSION_CALL, body, explained, is_unknown_to_server, transport_error
from emprox_client.call import Call, Journaled, Outcome, Plan
from emprox_client.errors import EmProxError
from emprox_client.journal import Journal
from emprox_client.methods import async_method, bound_to
from emprox_client.requests import observing, predicting, server, studies, suggesting
from emprox_client.requests.names import named
from emprox_client.retries import CONCURRENT, deadline, policy
from emprox_client.settings import settings

T = TypeVar("T")

_log = logging.getLogger("emprox_client")


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
        self._journal = Journal(journal) if journal is not None else None
        self._http = httpx.AsyncClient(transport=transport, **self._settings.http())

    def study(self, name: str) -> AsyncStudyHandle:
        """The methods of one study.

        Raises:
            InvalidRequestError: it is no name.
        """
        return AsyncStudyHandle(self, named(name))

    async def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        outcomes = await self._outcomes(plan.calls, self._settings.total_timeout)
        if self._journal is not None and plan.observes:
            outcomes = await asyncio.to_thread(self._journal.kept, plan.calls, outcomes)
            # Not before: a server that answers nothing is waited for once alone.
            if not any(isinstance(each, Journaled) for each in outcomes):
                await self._deliver(self._journal)
        return plan.read(outcomes)

    async def flush(self) -> int:
        """Send what waits in the journal; returns how many were stored.

        Raises:
            EmProxError: why some still wait.
        """
        return await self._flush(self._journal, self._settings.total_timeout) if self._journal else 0

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are."""
        return arguments

    async def close(self) -> None:
        """Try once to send what waits in the journal, and close the connections."""
        try:
            if self._journal is not None and not self._http.is_closed:
                await self._deliver(self._journal)
        finally:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        """The client, closed at the end of the block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncClient of {self._settings.url}>"

    async def _deliver(self, journal: Journal) -> None:
        """Try once to send what waits in the journal."""
        if journal.is_empty():
            return
        try:
            await self._flush(journal, total_timeout=0)
        except EmProxError as err:
            _log.warning("Observations still wait in the journal: %s", err)

    async def _flush(self, journal: Journal, total_timeout: float) -> int:
        stored = 0
        while calls := await asyncio.to_thread(journal.calls):
            outcomes = await self._outcomes(calls, total_timeout)
            stored += await asyncio.to_thread(journal.settle, calls, outcomes)
        return stored

    async def _outcomes(self, calls: Sequence[Call], total_timeout: float) -> list[Outcome]:
        until = deadline(len(calls), total_timeout)
        turns = asyncio.Semaphore(CONCURRENT)

        async def outcome(call: Call) -> Outcome:
            async with turns:
                return await self._outcome(call, until)

        return await asyncio.gather(*map(outcome, calls))

    async def _outcome(self, call: Call, until: float) -> Outcome:
        outcome = await self._tried(self._attempt, call, until)
        if is_unknown_to_server(outcome, call):
            return explained(call, self._settings.url, outcome, await self._tried(self._asked, VERSION_CALL, until))
        return outcome

    async def _tried(self, attempt: Callable[[Call], Awaitable[bytes]], call: Call, until: float) -> Outcome:
        try:
            return await AsyncRetrying(**policy(call, until, journaled=self._journal is not None))(attempt, call)
        except EmProxError as err:
            return err

    async def _attempt(self, call: Call) -> bytes:
        # Before each attempt: what waits counts in the answer, also where the server comes back between two of them.
        if self._journal is not None and not call.observations:
            await self._deliver(self._journal)
        return await self._asked(call)

    async def _asked(self, call: Call) -> bytes:
        try:
            response = await self._http.request(**self._settings.request(call))
        except httpx.RequestError as err:
            raise transport_error(self._settings.url, err) from err
        return body(call, response)


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
