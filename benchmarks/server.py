"""The real server, or another application beside it, as a process of its own on a port that is free."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx


@contextmanager
def running(folder: str, **settings: str) -> Iterator[tuple[int, int, float]]:
    """Port, process id, and seconds until ready, of a server on this data directory; it ends with the context.

    Args:
        settings: further variables of the server, such as EMPROX_MODELS_DIR.

    Raises:
        SystemExit: it did not start.
    """
    command = [str(Path(sys.executable).parent / "emprox"), "serve"]
    with _started(command, _free_port(), EMPROX_DATA_DIR=folder, **settings) as started:
        yield started


@contextmanager
def running_application(application: str) -> Iterator[tuple[int, int, float]]:
    """The same of an ASGI application, as `module:name`, in uvicorn as our server runs in it."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port)]
    with _started([*command, "--no-access-log", "--log-level", "critical"], port) as started:
        yield started


@contextmanager
def running_command(command: Sequence[str], ready: str, **settings: str) -> Iterator[int]:
    """The port of another server, which this command starts on the port that is its last argument.

    Args:
        ready: path that it answers once it is ready.
    """
    port = _free_port()
    with _started([*command, str(port)], port, ready, **settings):
        yield port


@contextmanager
def _started(
    command: Sequence[str], port: int, ready: str = "/health/ready", **settings: str
) -> Iterator[tuple[int, int, float]]:
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # our own programs
        command,
        env={**os.environ, "EMPROX_PORT": str(port), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(process, port, ready)
        yield port, process.pid, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(timeout=30)
        with suppress(ProcessLookupError):  # LitServe leaves its workers behind
            os.killpg(process.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200:
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.02)
    raise SystemExit("the server did not start")
