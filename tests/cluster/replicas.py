"""Several servers that share a database, each a process of its own."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.process.server_process import ServerProcess, serving

PATIENCE_SECONDS = 30


@contextmanager
def replicas(n: int, folder: Path, url: str, **settings: str) -> Iterator[list[ServerProcess]]:
    """Ready servers, each with a data directory of its own."""
    with ExitStack() as stack, ThreadPoolExecutor(n) as starting:
        contexts = [
            serving(folder / f"data{i}", folder / f"log{i}", EMPROX_DATABASE_URL=url, **settings) for i in range(n)
        ]
        yield list(starting.map(stack.enter_context, contexts))


def declare(replica: ServerProcess, study: str) -> None:
    """A study of cells with one metric."""
    metric = {"name": "val_accuracy", "direction": "maximize", "unit": "%"}
    response = replica.http.put(f"/studies/{study}", json={"space": "nasbench201", "metrics": [metric]})
    assert response.status_code in {200, 201}, response.text


def observe(replica: ServerProcess, study: str, observations: Sequence[Mapping[str, Any]]) -> int:
    """The revision with them in it."""
    response = replica.http.post("/observe", json={"study": study, "observations": observations})
    assert response.status_code == 201, response.text
    revision: int = response.json()["revision"]
    return revision


def predict(replica: ServerProcess, study: str, candidates: Sequence[str], min_revision: int = 0) -> httpx.Response:
    body = {"study": study, "candidates": candidates, "min_revision": min_revision}
    return replica.http.post("/predict", json=body)


def described(replica: ServerProcess, study: str) -> dict[str, Any]:
    """What a server says of a study, at a revision."""
    found: dict[str, Any] = replica.http.get(f"/studies/{study}").json()
    return found


def eventually(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
