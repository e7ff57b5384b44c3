"""Servers that stand in for replicas and answer as they are told to."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BUSY, WELL, SILENT = 503, 200, 0


class StandIn(ThreadingHTTPServer):
    """A replica that answers each request with a status, or closes the connection once it has read it.

    Args:
        status: SILENT for no answer.
    """

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.heard: list[dict[str, str]] = []  # the headers of each request


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandIn

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.heard.append(dict(self.headers))
        self.close_connection = self.server.status == SILENT
        if self.close_connection:
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", "4")
        if self.server.status == BUSY:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(b"told")

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def stand_ins(statuses: Sequence[int]) -> Iterator[list[StandIn]]:
    """One for each status, while they answer."""
    with ExitStack() as stack:
        servers = [stack.enter_context(StandIn(status)) for status in statuses]
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield servers
