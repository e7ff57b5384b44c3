"""Connections: how many there are at most, and how long one may take to send a request."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.problems import NOT_HTTP, TOO_MANY_CONNECTIONS, TOO_SLOW, problem


@dataclass(slots=True)
class Connections:
    """What is open, and what was refused. Belongs to the event loop.

    Args:
        limit: open at most; further ones are answered with a 503.
        head_seconds: from the first byte of a request, or from its connection, to the end of its headers.
        body_seconds: from the end of its headers to that of its body.
        late: requests that took longer.
    """

    limit: int
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    n_open: int = 0
    refused: int = 0
    late: int = 0


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, within limits."""

    def __init__(self, connections: Connections, **server: Any) -> None:
        super().__init__(**server)
        self._limits = connections
        self._reading: str | None = "head"  # of a request; None between two of them
        self._awaited: str | None = None  # what the timer is for
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, or tell that there are too many."""
        super().connection_made(transport)
        self._limits.n_open += 1
        if self._limits.n_open > self._limits.limit:
            self._limits.refused += 1
            told = f"{self._limits.limit} connections are open already: try again in a moment, and keep one open"
            self._end(problem(TOO_MANY_CONNECTIONS, told))
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._limits.n_open -= 1
        self._reading = None
        self._watch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what comes at once, as most requests do, is never timed."""
        super().data_received(data)
        self._watch()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._reading = "head"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its body is to come."""
        self._reading = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is here."""
        self._reading = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._end(problem(NOT_HTTP, msg))

    def _watch(self) -> None:
        if self._reading == self._awaited:
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._awaited = self._reading
        if self._awaited:
            seconds = self._limits.head_seconds if self._awaited == "head" else self._limits.body_seconds
            self._timer = self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._limits.late += 1
        limits = self._limits
        seconds, part = (limits.head_seconds, "headers") if self._awaited == "head" else (limits.body_seconds, "body")
        if self._awaited == "body" and self.cycle.response_started:  # it needed no body
            self.transport.close()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True  # or whoever waits for the body would answer as well
            self.cycle.message_event.set()
        self._end(problem(TOO_SLOW, f"the {part} took longer than {seconds:g} s: send smaller batches, or at once"))

    def _end(self, response: Response) -> None:
        """Answer, and close."""
        phrase = HTTPStatus(response.status_code).phrase
        head = [f"HTTP/1.1 {response.status_code} {phrase}".encode()]
        head += [name + b": " + value for name, value in response.raw_headers]
        self._reading = None
        self._watch()
        self.transport.write(b"\r\n".join([*head, b"connection: close", b"", response.body]))
        self.transport.close()
