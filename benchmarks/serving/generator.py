"""Load from a process of its own: requests that are due at a fixed rate, or a fixed number of them.

What a request takes counts from when it was due. A client that waits for one slow answer before it asks again would
ask for little while the server is slow, and so hide it.
"""

import asyncio
import json
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.serving.wrk import Load

Request = tuple[str, str]
"""Path and body."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a load.

    Args:
        milliseconds: from when each request was due until its answer was read.
        seconds: that all of it took.
    """

    milliseconds: list[float]
    seconds: float

    def load(self) -> Load:
        """The figures that wrk tells of its own."""
        middle, tail = np.quantile(self.milliseconds, (0.5, 0.99))
        return Load(len(self.milliseconds), self.seconds, float(middle), float(tail))


def generate(port: int, requests: Sequence[Request], connections: int, rate: float | None = None) -> Answers:
    """Send requests, each on the first connection that is free.

    Args:
        connections: the most that are asked at once; where all wait for answers, what is due waits for one of them.
        rate: requests that are due in a second; by default each is due once a connection is free.

    Raises:
        SystemExit: a request was not answered, or with an error.
    """
    plan = json.dumps([port, requests, connections, rate])
    command = [sys.executable, "-m", __name__]
    result = subprocess.run(command, input=plan, capture_output=True, text=True, check=False)  # noqa: S603  # ourselves
    if result.returncode:
        raise SystemExit(f"the load failed: {result.stderr.strip()[-500:]}")
    return Answers(**json.loads(result.stdout))


async def send_all(port: int, requests: Sequence[Request], connections: int, rate: float | None = None) -> Answers:
    """See `generate`; on the running loop.

    Raises:
        RuntimeError: a request was answered with an error.
    """
    found = [0.0] * len(requests)
    coming = iter(enumerate(requests))
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    start = time.perf_counter()
    try:
        await asyncio.gather(*(_client(*streams, coming, start, rate, found) for streams in opened))
        seconds = time.perf_counter() - start
    finally:
        for _, writer in opened:
            writer.close()
            await writer.wait_closed()
    return Answers(found, seconds)


async def _client(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    coming: Iterator[tuple[int, Request]],
    start: float,
    rate: float | None,
    found: list[float],
) -> None:
    """Whoever is free takes the next request, and waits until it is due."""
    for i, (path, body) in coming:
        due = start + i / rate if rate else time.perf_counter()
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        content = body.encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        await _read_answer(reader)
        found[i] = 1000 * (time.perf_counter() - due)


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status, *headers = head.split("\r\n")
    length = next(int(each.split(":")[1]) for each in headers if each.startswith("content-length:"))
    content = await reader.readexactly(length)
    if not status.startswith("http/1.1 2"):
        raise RuntimeError(f"{status}: {content[:300]!r}")


def _main() -> None:
    plan = json.load(sys.stdin)
    # select() wakes up to the microsecond, where epoll, the default, waits for whole milliseconds.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        json.dump(asdict(runner.run(send_all(*plan))), sys.stdout)


if __name__ == "__main__":
    _main()
