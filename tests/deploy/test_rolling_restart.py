"""Replicas that are replaced one after the other, as an upgrade does, behind the load balancer and under load."""

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cluster.database import Database
from tests.cluster.replicas import declare, described, eventually
from tests.process.cells import cells, trained
from tests.process.server_process import ServerProcess, serving

from .balancer import NGINX, balancing, free_port

pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here: apt-get install nginx")
WORKERS = 4


def test_no_request_fails_while_every_replica_is_replaced(postgres_server: Database, tmp_path: Path) -> None:
    """Plain requests, which nobody repeats but the load balancer."""
    url, ports = postgres_server.new(), [free_port() for _ in range(3)]
    (tmp_path / "nginx").mkdir()

    def start(stack: ExitStack, i: int, attempt: int) -> ServerProcess:
        settings = {"EMPROX_DATABASE_URL": url, "EMPROX_PORT": str(ports[i])}
        return stack.enter_context(serving(tmp_path / f"data{i}", tmp_path / f"log{i}-{attempt}", **settings))

    with ExitStack() as stack, balancing(tmp_path / "nginx", ports) as balancer:
        running = [start(stack, i, 0) for i in range(3)]
        declare(running[0], "rolled")
        done = threading.Event()
        workers = [_Worker(str(balancer.base_url), number, done) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for i in range(3):
            sent = sum(worker.stored for worker in workers)
            assert running[i].terminate(30) == 0
            running[i] = start(stack, i, 1)
            eventually(lambda sent=sent: sum(worker.stored for worker in workers) > sent + 20, "no load")  # type: ignore[misc]
        done.set()
        for worker in workers:
            worker.join()

        assert [told for worker in workers for told in worker.refused] == []
        stored = sum(worker.stored for worker in workers)
        eventually(lambda: [described(each, "rolled")["observations"] for each in running] == [stored] * 3, "one lags")


class _Worker(threading.Thread):
    """Observes and predicts, one request after the other, and tries nothing again."""

    def __init__(self, url: str, number: int, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._number, self._done = url, number, done
        self.stored = 0
        self.refused: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._url, trust_env=False, timeout=30) as http:
            for each in trained(20_000, seed=self._number + 1):
                if self._done.is_set():
                    return
                observed = self._ask(http, "/observe", {"study": "rolled", "observations": [each]})
                self.stored += 1
                asked = {"study": "rolled", "candidates": cells(2, self._number)}
                self._ask(http, "/predict", asked | {"min_revision": observed.get("revision", 1)})

    def _ask(self, http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer; empty where it is none."""
        try:
            told = http.post(path, json=body)
        except httpx.TransportError as err:
            self.refused.append(f"{path}: {err!r}")
            return {}
        if told.status_code not in {200, 201}:
            self.refused.append(f"{path}: {told.status_code} {told.text[:300]}")
            return {}
        found: dict[str, Any] = told.json()
        return found
