"""Load at a fixed rate: a slow answer must show in what comes after it as well."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from benchmarks.server import running_application
from benchmarks.serving.generator import generate, send_all
from benchmarks.serving.notations import notations
from benchmarks.serving.requests import predict_bodies

Handle = Callable[[int], Awaitable[str]]
"""The status of the answer to a request, by how many came before it."""


@asynccontextmanager
async def server(handle: Handle) -> AsyncIterator[int]:
    """The port of a server that answers like this."""
    n_asked = 0
    answering: list[asyncio.Task[None] | None] = []

    async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_asked
        answering.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):  # the client has left
            while await reader.readuntil(b"\r\n\r\n{}"):
                n_asked += 1
                status = await handle(n_asked - 1)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer_all, "127.0.0.1", 0) as running:
        try:
            yield running.sockets[0].getsockname()[1]
        finally:
            await asyncio.gather(*(each for each in answering if each))


async def _ok(_n: int) -> str:
    return "200 OK"


async def _slow_at_first(n: int) -> str:
    if n == 0:
        await asyncio.sleep(0.5)
    return "200 OK"


async def _refuses_the_third(n: int) -> str:
    return "503 Service Unavailable" if n == 2 else "200 OK"


async def _load(handle: Handle, n: int, connections: int, rate: float | None) -> list[float]:
    async with server(handle) as port:
        return (await send_all(port, [("/predict", "{}")] * n, connections, rate)).milliseconds


def test_what_was_due_while_the_only_client_waited_counts_from_when_it_was_due() -> None:
    found = asyncio.run(_load(_slow_at_first, n=10, connections=1, rate=100))

    # The first takes half a second, and the others, due every 10 ms, wait for it.
    assert all(ms > 400 for ms in found)
    assert found == sorted(found, reverse=True)


def test_another_client_asks_on_while_one_waits() -> None:
    found = asyncio.run(_load(_slow_at_first, n=10, connections=2, rate=100))

    assert found[0] >= 500
    assert sum(ms > 400 for ms in found) == 1


def test_nothing_is_asked_before_it_is_due() -> None:
    async def seconds() -> float:
        start = asyncio.get_running_loop().time()
        await _load(_ok, n=31, connections=4, rate=100)
        return asyncio.get_running_loop().time() - start

    assert asyncio.run(seconds()) >= 0.3


def test_without_a_rate_a_request_is_due_when_a_client_is_free() -> None:
    found = asyncio.run(_load(_slow_at_first, n=3, connections=1, rate=None))

    assert found[0] >= 500
    assert max(found[1:]) < 400


def test_an_error_ends_the_load() -> None:
    with pytest.raises(RuntimeError, match="503 service unavailable"):
        asyncio.run(_load(_refuses_the_third, n=4, connections=1, rate=1000))


def test_it_runs_in_a_process_of_its_own() -> None:
    requests = [("/predict", body) for body in predict_bodies(notations("nasbench101"), 20, 1)]

    with running_application("benchmarks.serving.floor:echo") as (port, _, _):
        found = generate(port, requests, connections=4, rate=200)
        with pytest.raises(SystemExit, match="404"):
            generate(port, [("/nowhere", "{}")], connections=1)

    assert len(found.milliseconds) == 20
    assert min(found.milliseconds) > 0
    assert found.seconds >= 19 / 200
