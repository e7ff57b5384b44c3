"""One client on one connection, which times what it asks."""

import http.client
import json
import socket
import time
from types import TracebackType
from typing import Any, Self


class Connection:
    """Stays open, so that figures are the server's; http.client, so that they are no client library's."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._connection.connect()
        # Header and body go as two packets; the second must not wait for the first one's acknowledgment.
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def post(self, path: str, body: str) -> tuple[float, Any]:
        """Milliseconds until the answer was read, and the answer.

        Raises:
            SystemExit: it is an error.
        """
        start = time.perf_counter()
        content = self._asked("POST", path, body)
        milliseconds = 1000 * (time.perf_counter() - start)
        return milliseconds, json.loads(content)

    def get(self, path: str) -> Any:
        """The answer.

        Raises:
            SystemExit: it is an error.
        """
        return json.loads(self._asked("GET", path, None))

    def _asked(self, method: str, path: str, body: str | None) -> bytes:
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise SystemExit(f"the server answered {response.status}: {content[:500]!r}")
        return content
