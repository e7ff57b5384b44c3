"""What is sent, what is sent again, and what a journal has to do with it: once, for both clients."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, TypeVar

import httpx
from tenacity import AsyncRetrying

from emprox_client.answers import VERSION_CALL, body, explained, is_unknown_to_server, transport_error
from emprox_client.call import Call, Journaled, Outcome, Plan
from emprox_client.connection import Connection
from emprox_client.errors import AwayError, ClosedError, EmProxError
from emprox_client.journal import Journal
from emprox_client.retries import deadline, policy
from emprox_client.settings import Settings

T = TypeVar("T")

_log = logging.getLogger("emprox_client")


class Exchange:
    """Sends plans over a connection.

    Args:
        journal: where observations wait while the server is away; None for nowhere.
    """

    def __init__(self, settings: Settings, journal: Journal | None, connection: Connection) -> None:
        self._settings, self._journal, self._connection = settings, journal, connection

    async def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        until = deadline(len(plan.calls), self._settings.total_timeout)
        if not plan.observes:
            await self._deliver()
        outcomes = await self._connection.side_by_side(lambda call: self._outcome(call, until), plan.calls)
        if self._journal is not None and plan.observes:
            outcomes = await self._connection.apart(self._journal.kept, plan.calls, outcomes)
            # Not before: a server that answers nothing is waited for once alone.
            if not any(isinstance(each, Journaled) for each in outcomes):
                await self._deliver()
        return plan.read(outcomes)

    async def flush(self) -> int:
        """Send what waits in the journal; returns how many were stored.

        Raises:
            EmProxError: why some still wait.
        """
        return await self._flush(self._journal, self._settings.total_timeout) if self._journal else 0

    async def close(self) -> None:
        """Try once to send what waits in the journal, and close the connection."""
        try:
            await self._deliver()
        finally:
            await self._connection.close()

    async def _deliver(self) -> EmProxError | None:
        """Try once to send what waits in the journal; returns why some still wait."""
        if self._journal is None or self._connection.is_closed or self._journal.is_empty():
            return None
        try:
            await self._flush(self._journal, total_timeout=0)
        except EmProxError as err:
            _log.warning("Observations still wait in the journal: %s", err)
            return err
        return None

    async def _flush(self, journal: Journal, total_timeout: float) -> int:
        stored = 0
        while calls := await self._connection.apart(journal.calls):
            until = deadline(len(calls), total_timeout)
            outcomes = await self._connection.side_by_side(_until_away(self._outcome, until), calls)
            stored += await self._connection.apart(journal.settle, calls, outcomes)
        return stored

    async def _outcome(self, call: Call, until: float) -> Outcome:
        outcome = await self._tried(call, until, delivers=not call.observations)
        if is_unknown_to_server(outcome, call):
            version = await self._tried(VERSION_CALL, until, delivers=False)
            return explained(call, self._settings.url, outcome, version)
        return outcome

    async def _tried(self, call: Call, until: float, *, delivers: bool) -> Outcome:
        async def pause(seconds: float) -> None:
            await self._connection.pause(seconds)
            # What waits counts in the answer, also where the server comes back between two tries.
            still = await self._deliver() if delivers else None
            if still and monotonic() > until:
                raise still

        again = policy(call, until, journaled=self._journal is not None)
        try:
            return await AsyncRetrying(sleep=pause, **again)(self._asked, call)
        except EmProxError as err:
            return err

    async def _asked(self, call: Call) -> bytes:
        if self._connection.is_closed:
            raise _closed()
        try:
            response = await self._connection.request(self._settings.request(call))
        except httpx.RequestError as err:
            raise transport_error(self._settings.url, err) from err
        except RuntimeError as err:  # closed by another thread or task meanwhile
            if not self._connection.is_closed:
                raise
            raise _closed() from err
        return body(call, response)


def _until_away(
    ask: Callable[[Call, float], Coroutine[Any, Any, Outcome]], until: float
) -> Callable[[Call], Coroutine[Any, Any, Outcome]]:
    """Asks, but no more once the server is found away: what waits may be many parts, and each would be waited for."""
    found: list[AwayError] = []

    async def asked(call: Call) -> Outcome:
        if found:
            return found[0]
        outcome = await ask(call, until)
        if isinstance(outcome, AwayError):
            found.append(outcome)
        return outcome

    return asked


def _closed() -> ClosedError:
    return ClosedError("the client was closed, and sends nothing more: make a new one, or close it later")
