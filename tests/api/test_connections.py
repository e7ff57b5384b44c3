"""A connection that takes its time, or is one too many, costs the others nothing."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from app.api.connections import Connection, Connections

pytestmark = pytest.mark.anyio

HEAD = b"POST / HTTP/1.1\r\nHost: it\r\nContent-Length: 4\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def listening(connections: Connections) -> AsyncIterator[int]:
    config, state = uvicorn.Config(echo, lifespan="off", ws="none", log_level="critical"), ServerState()
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(connections, config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]
        for each in list(state.connections):
            each.transport.abort()


async def answer(port: int, *parts: bytes, pause: float = 0) -> bytes:
    """What comes back until the server closes, or a whole answer is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
        return head + await reader.readexactly(int(length))
    finally:
        writer.close()


def problem(found: bytes, status: int, kind: str) -> str:
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nconnection: close" in head
    assert b"content-type: application/problem+json" in head
    told = json.loads(body)
    assert (told["type"], told["status"]) == (kind, status)
    detail: str = told["detail"]
    return detail


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHo", HEAD[:-2]])
async def test_headers_that_do_not_come_are_waited_for_no_longer_than_their_time(sent: bytes) -> None:
    connections = Connections(10, head_seconds=0.2)
    async with listening(connections) as port:
        detail = problem(await answer(port, sent), 408, "too_slow")

        assert detail == "the headers took longer than 0.2 s: send them at once"
        assert connections.late == 1
        await asyncio.sleep(0.05)
        assert connections.n_open == 0


async def test_headers_that_trickle_do_not_win_time() -> None:
    async with listening(Connections(10, head_seconds=0.6)) as port:
        start = asyncio.get_running_loop().time()

        problem(await answer(port, *(bytes([each]) for each in HEAD[:5]), pause=0.1), 408, "too_slow")

        assert asyncio.get_running_loop().time() - start < 1


async def test_a_body_that_does_not_come_is_waited_for_no_longer_than_its_time() -> None:
    connections = Connections(10, head_seconds=5, body_seconds=0.2)
    async with listening(connections) as port:
        assert "the body took longer than 0.2 s" in problem(await answer(port, HEAD, b"ab"), 408, "too_slow")


async def test_what_comes_in_parts_but_in_time_is_answered() -> None:
    connections = Connections(10, head_seconds=1, body_seconds=1)
    async with listening(connections) as port:
        found = await answer(port, HEAD[:20], HEAD[20:], b"ab", b"cd", pause=0.05)

        assert found.startswith(b"HTTP/1.1 200 OK")
        assert found.endswith(b"abcd")
        assert connections.late == 0


@pytest.mark.parametrize("header", [b"Upgrade: h2c", b"upgrade: h2c, foo", b"UPGRADE: websocket"])
async def test_an_offer_of_another_protocol_is_ignored_and_the_body_read(header: bytes) -> None:
    """Java's HTTP client makes it with its first request on each connection."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\n" + header
    sent = head + b"\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\nContent-Length: 10\r\n\r\nupgrade: x"

    async with listening(Connections(10)) as port:
        at_once = await answer(port, sent)
        in_parts = await answer(port, sent[:30], sent[30:160], sent[160:], pause=0.05)

    assert at_once.startswith(b"HTTP/1.1 200")
    assert at_once.endswith(b"upgrade: x")
    assert in_parts.endswith(b"upgrade: x")


async def test_an_answer_may_take_longer_than_a_request() -> None:
    connections = Connections(10, head_seconds=0.1, body_seconds=0.1)
    async with listening(connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"abcd")
        await asyncio.sleep(0.3)

        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert connections.late == 0
        writer.close()


async def test_one_connection_too_many_is_told_so_and_the_others_go_on() -> None:
    connections = Connections(2)
    async with listening(connections) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await asyncio.sleep(0.05)

        refused = await answer(port)

        assert problem(refused, 503, "too_many_connections").startswith("2 connections are open already")
        assert b"\r\nretry-after: 1" in refused.lower()
        assert connections.refused == 1
        for reader, writer in held:
            writer.write(HEAD + b"abcd")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
        await asyncio.sleep(0.05)
        assert (await answer(port, HEAD, b"abcd")).startswith(b"HTTP/1.1 200")


async def test_what_is_no_http_is_a_problem_as_well() -> None:
    async with listening(Connections(2)) as port:
        problem(await answer(port, b"\x16\x03\x01\x02\x00 hello\r\n\r\n"), 400, "not_http")


@pytest.mark.parametrize(
    "head", [b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000, b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 40_000]
)
async def test_headers_without_end_are_refused_before_they_cost(head: bytes) -> None:
    async with listening(Connections(2)) as port:
        assert "more than 65536 bytes" in problem(await answer(port, head), 431, "head_too_large")


async def test_a_chunked_body_may_not_be_all_frame() -> None:
    head = b"POST / HTTP/1.1\r\nHost: it\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with listening(Connections(2)) as port:
        whole = await answer(port, head, b"4\r\nabcd\r\n0\r\n\r\n")
        trailers = await answer(port, head, b"0\r\nX: " + b"a" * 1_200_000)

    assert whole.endswith(b"abcd")
    problem(trailers, 431, "head_too_large")


async def test_large_bodies_and_many_small_requests_are_no_head() -> None:
    async with listening(Connections(2)) as port:
        large = b"POST / HTTP/1.1\r\nHost: it\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000
        assert (await answer(port, large)).endswith(b"x" * 100)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2000):
            writer.write(HEAD + b"abcd")
            assert (await reader.readuntil(b"abcd")).startswith(b"HTTP/1.1 200")
        writer.close()
