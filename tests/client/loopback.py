"""Small servers on loopback that do what the real one cannot be made to do."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

JSON = "application/json"
PROBLEM = "application/problem+json"
VERSION = {"server": "0.0.9", "encoders": {}}


@dataclass(frozen=True)
class Answer:
    """What a server says; `content` is text as it is, or else becomes JSON.

    Args:
        after: seconds that it takes.
    """

    status: int
    content: object
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0

    def body(self) -> bytes:
        text = self.content if isinstance(self.content, str) else json.dumps(self.content)
        return text.encode()


def problem(status: int, type_: str, detail: str, **others: Any) -> Answer:
    """An error as EmProx Server tells it."""
    headers = others.pop("headers", {})
    return Answer(
        status, {"type": type_, "title": type_, "status": status, "detail": detail, **others}, PROBLEM, headers
    )


def acknowledged(n: int) -> Answer:
    """That so many observations are stored."""
    each = {"observation_id": "x", "architecture_id": "0" * 32, "created": True, "predicted": None}
    return Answer(201, {"study": "default", "revision": n, "observations": [each] * n})


@dataclass
class Heard:
    """What a server was asked, in order."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)


@contextmanager
def answering(*answers: Answer, version: Answer | None = None) -> Iterator[Heard]:
    """A server that gives these answers one after the other, and the last again and again.

    Args:
        version: to `GET /version`; default the next answer as well.
    """
    heard, left = Heard(), list(answers)

    def handle(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        heard.requests.append(f"{handler.command} {handler.path}")
        heard.bodies.append(json.loads(sent) if sent else None)
        heard.headers.append(dict(handler.headers))
        heard.at.append(monotonic())
        if version is not None and handler.path == "/version":
            _say(handler, version)
        else:
            _say(handler, left.pop(0) if len(left) > 1 else left[0])

    with _serving(handle) as heard.url:
        yield heard


@contextmanager
def losing_answers(target: str, lost: Sequence[int]) -> Iterator[Heard]:
    """A proxy that passes requests on, and closes the connection in the place of some of the answers.

    Args:
        lost: the numbers of the requests, from 0.
    """
    heard = Heard()

    def handle(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        heard.requests.append(f"{handler.command} {handler.path}")
        number = len(heard.requests) - 1
        onward = HTTPConnection(urlsplit(target).netloc, timeout=30)
        onward.request(handler.command, handler.path, sent or None, {"Content-Type": JSON})
        response = onward.getresponse()
        content = response.read().decode()
        onward.close()
        handler.close_connection = True
        if number not in lost:
            _say(handler, Answer(response.status, content, response.headers["Content-Type"]))

    with _serving(handle) as heard.url:
        yield heard


def closed_port() -> str:
    """The URL of a port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def _serving(handle: Any) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            handle(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815  # the names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _say(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    body = answer.body()
    sleep(answer.after)
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.media_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
