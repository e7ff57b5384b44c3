"""Connections: how many there are at most, and how long one may take to send a request."""

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.problems import HEAD_TOO_LARGE, NOT_HTTP, TOO_MANY_CONNECTIONS, TOO_SLOW, problem

MAX_HEAD_BYTES = 65_536  # the parser takes a time that grows with the square of a header
MAX_FRAME_BYTES = 1_048_576  # of a chunked body: sizes of its chunks, and what follows it
_SLICE = 16_384
_CUT = "emprox.cut"
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_LINGER_SECONDS = 1.0


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
    """Uvicorn's connection, within limits.

    Attributes:
        _head, _frame: bytes of the headers so far, and of the body without what it holds.
    """

    def __init__(self, connections: Connections, **server: Any) -> None:
        super().__init__(**server)
        self._limits = connections
        self._reading: str | None = "head"  # of a request; None between two of them
        self._awaited: str | None = None  # what the timer is for
        self._timer: asyncio.TimerHandle | None = None
        self._head = self._frame = 0
        self._ended = False

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
        if len(data) <= _SLICE and self._reading is None:  # as most requests do
            self._take(data)
        else:
            for start in range(0, len(data), _SLICE):
                self._take(data[start : start + _SLICE])
        self._watch()

    def _take(self, data: bytes) -> None:
        if self._ended:
            return
        if self._reading == "body":
            self._frame += len(data)
        else:
            self._head += len(data)
            data = _without_upgrade(data) if b"pgrade:" in data else data
        super().data_received(data)
        if self._reading == "head" and self._head > MAX_HEAD_BYTES:
            self._end(problem(HEAD_TOO_LARGE, f"the headers have more than {MAX_HEAD_BYTES} bytes: send fewer"))
        elif self._reading == "body" and self._frame > MAX_FRAME_BYTES:
            told = f"the body has more than {MAX_FRAME_BYTES} bytes besides what it holds: send larger chunks"
            self._end(problem(HEAD_TOO_LARGE, told))

    def on_message_begin(self) -> None:
        """A request begins."""
        self._reading = "head"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its body is to come."""
        self._reading = "body"
        self._head = self._frame = 0
        super().on_headers_complete()
        self.scope[_CUT] = self._cut  # type: ignore[literal-required]  # of our own

    def _cut(self) -> None:
        if self.cycle is not None:
            self.cycle.disconnected = True  # or uvicorn would call it an error that nothing follows
        self.transport.close()

    def on_body(self, body: bytes) -> None:
        """Some of it is here."""
        self._frame -= len(body)
        super().on_body(body)

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
        way_out = "send them at once" if part == "headers" else "send smaller batches"
        self._end(problem(TOO_SLOW, f"the {part} took longer than {seconds:g} s: {way_out}"))

    def _end(self, response: Response) -> None:
        """Answer, and close: soon, for a client that is cut off while it sends never reads why."""
        self._ended = True
        self._reading = None
        self._watch()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # or whoever waits for the body would answer as well
            self.cycle.message_event.set()
            if self.cycle.response_started:  # it needed no body
                self.transport.close()
                return
        phrase = HTTPStatus(response.status_code).phrase
        head = [f"HTTP/1.1 {response.status_code} {phrase}".encode()]
        head += [name + b": " + value for name, value in [*response.raw_headers, *self.server_state.default_headers]]
        self.transport.write(b"\r\n".join([*head, b"connection: close", b"", response.body]))
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def cut(scope: Scope) -> None:
    """Close the connection of a request whose answer is not to be told to its end."""
    if _CUT in scope:
        scope[_CUT]()


def _without_upgrade(data: bytes) -> bytes:
    """The headers without an offer of another protocol, such as the HTTP/2 of Java's client, which a server may ignore.

    The parser would take the body for that protocol.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nignored:", head) + end + body
