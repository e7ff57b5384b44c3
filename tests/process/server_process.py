"""The service as a process of its own, asked over loopback."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from emprox_client.schemas import PredictResponse, Study

# The server has a Python of its own where the client's tests run with another.
EMPROX = Path(os.environ.get("EMPROX_COMMAND") or Path(sys.executable).with_name("emprox"))
START_SECONDS = 120
_LISTENS = re.compile(r"Uvicorn running on (http://[\d.]+:\d+)")


class ServerProcess:
    """A running server.

    Args:
        process: the server, which writes its log to the file `log`.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log
        self.url = self._listening()
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def ready(self) -> None:
        """Wait until it answers."""
        _until(lambda: self.http.get("/health/ready").status_code == 200, "the server is not ready")

    def observe(self, observations: Sequence[dict[str, Any]]) -> list[bool]:
        """Which of the observations are new; returns when they are acknowledged."""
        response = self.http.post("/observe", json={"observations": observations})
        assert response.status_code == 201, response.text
        return [stored["created"] for stored in response.json()["observations"]]

    def study(self) -> Study:
        """The default study."""
        return Study.model_validate_json(self.http.get("/studies/default").content)

    def fitted(self, n: int) -> None:
        """Wait until the scales are fitted to n observations."""
        _until(lambda: self.study().fitted_observations["val_accuracy"] == n, f"no scales of {n} observations")

    def predict(self, candidates: Sequence[str]) -> PredictResponse:
        response = self.http.post("/predict", json={"candidates": list(candidates), "neighbors": 3})
        assert response.status_code == 200, response.text
        return PredictResponse.model_validate_json(response.content)

    def resident_megabytes(self) -> float:
        """Memory that it holds (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
        return int(kilobytes) / 1024

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds: float) -> int:
        """Exit status after a SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def _listening(self) -> str:
        found: list[str] = []

        def listens() -> bool:
            found.extend(_LISTENS.findall(self.log.read_text()))
            assert found or self.process.poll() is None, self.log.read_text()
            return bool(found)

        _until(listens, "the server does not listen")
        return found[0]


@contextmanager
def serving(
    data_dir: Path, log: Path | None = None, within: Sequence[str] = (), /, **settings: str
) -> Iterator[ServerProcess]:
    """A ready server on a free port; killed at the end where it still runs.

    Args:
        log: default a file beside the data directory.
        within: a command that runs another one, and becomes it.
    """
    log = log or data_dir.with_name("server.log")
    environ = environment(data_dir) | settings
    with log.open("wb") as file:
        process = subprocess.Popen([*within, EMPROX, "serve"], env=environ, stdout=file, stderr=file)  # noqa: S603
    try:
        server = ServerProcess(process, log)
        with server.http:
            server.ready()
            yield server
    finally:
        process.kill()
        process.wait()


def refused(data_dir: Path, **settings: str) -> tuple[int, list[str]]:
    """Exit status of a server that should not start, and the lines that it says on stderr, its log apart."""
    process = subprocess.run(  # noqa: S603
        [EMPROX, "serve"],
        env=environment(data_dir) | settings,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    return process.returncode, [line for line in process.stderr.splitlines() if " INFO " not in line]


def environment(data_dir: Path) -> dict[str, str]:
    """Settings of a server on a free port of its own, whatever is set around the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EMPROX_")}
    return inherited | {"EMPROX_DATA_DIR": str(data_dir), "EMPROX_HOST": "127.0.0.1", "EMPROX_PORT": "0"}


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)
