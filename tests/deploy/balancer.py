"""deploy/nginx.conf, run by the nginx of this machine in front of any three addresses."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
# Debian has it where only root looks.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_START_SECONDS = 20


@contextmanager
def balancing(folder: Path, ports: Sequence[int]) -> Iterator[httpx.Client]:
    """A client of the load balancer in front of the replicas on these ports.

    Args:
        folder: empty.
    """
    assert NGINX is not None
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_here(folder, port, ports))
    # Started by root, nginx works as another user, who may not write here.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    with (folder / "log").open("wb") as log:
        command = [NGINX, "-p", str(folder), "-c", str(configuration), *user]
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
        try:
            _await(process, port, folder / "log")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
                yield client
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """One on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _here(folder: Path, port: int, ports: Sequence[int]) -> str:
    """The configuration with the addresses and the folder of a test; all else as it is."""
    text = CONFIGURATION.read_text()
    changes = {
        "/tmp/": f"{folder}/",  # noqa: S108
        "/dev/stdout": f"{folder}/access",
        "/dev/stderr": f"{folder}/errors",
        "listen 8000;": f"listen 127.0.0.1:{port};",
        "worker_processes auto;": "worker_processes 1; daemon off;",
        **{f"replica-{i}:8000 resolve": f"127.0.0.1:{each}" for i, each in enumerate(ports, start=1)},
    }
    for written, instead in changes.items():
        assert written in text, written
        text = text.replace(written, instead)
    return text


def _await(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        else:
            return
