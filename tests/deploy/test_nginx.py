"""The load balancer of the cluster, with the configuration that the repository has."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.process.cells import cells
from tests.process.server_process import ServerProcess, serving

from .balancer import CONFIGURATION, NGINX, balancing, free_port
from .stand_ins import BUSY, SILENT, WELL, StandIn, stand_ins

pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here: apt-get install nginx")


@dataclass(frozen=True)
class Balanced:
    """Two servers and a third one that is down, and a client of the balancer in front of them."""

    client: httpx.Client
    servers: tuple[ServerProcess, ServerProcess]


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balanced]:
    folder = tmp_path_factory.mktemp("balanced")
    logs = [folder / "1.log", folder / "2.log"]
    with serving(folder / "1", logs[0]) as one, serving(folder / "2", logs[1]) as two:
        (folder / "nginx").mkdir()
        ports = [free_port(), *(httpx.URL(each.url).port or 0 for each in (one, two))]
        with balancing(folder / "nginx", ports) as client:
            yield Balanced(client, (one, two))


@contextmanager
def before(tmp_path: Path, statuses: Sequence[int]) -> Iterator[tuple[httpx.Client, list[StandIn]]]:
    """A client of the balancer before replicas that answer with these statuses."""
    with (
        stand_ins(statuses) as servers,
        balancing(tmp_path, [server.server_address[1] for server in servers]) as client,
    ):
        yield client, servers


def test_every_request_is_answered_while_a_replica_is_down(balanced: Balanced) -> None:
    cell = cells(1, seed=1)[0]
    observation = {"architecture": cell, "metrics": {"val_accuracy": 90}}

    ready = [balanced.client.get("/health/ready").status_code for _ in range(6)]
    stored = [balanced.client.post("/observe", json={"observations": [observation]}).status_code for _ in range(6)]

    assert (ready, stored) == ([200] * 6, [201] * 6)
    assert sum(each.study().observations for each in balanced.servers) == 6
    assert all(each.study().observations > 0 for each in balanced.servers)


def test_events_come_as_they_happen(balanced: Balanced) -> None:
    cell = cells(1, seed=2)[0]

    with balanced.client.stream("GET", "/studies/default/events", timeout=10) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data:") and "revision" in line)
        before = json.loads(next(lines).removeprefix("data:"))
        asked = time.monotonic()
        for server in balanced.servers:
            server.observe([{"architecture": cell, "metrics": {"val_accuracy": 91}}])
        after = json.loads(next(lines).removeprefix("data:"))

    assert after["revision"] == before["revision"] + 1
    assert time.monotonic() - asked < 5


def test_a_large_body_passes_and_one_over_the_limit_is_told_what_to_do(balanced: Balanced) -> None:
    body = json.dumps({"observations": [{"architecture": cells(1, seed=3)[0], "metrics": {"val_accuracy": 90}}]})
    sent = {"Content-Type": "application/json"}

    taken = balanced.client.post("/observe", content=body + " " * 7_000_000, headers=sent)
    refused = balanced.client.post("/observe", content=body + " " * 8_000_000, headers=sent)

    assert taken.status_code == 201
    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "too_large"


def test_an_answer_has_the_id_that_its_request_came_with(balanced: Balanced) -> None:
    assert balanced.client.get("/version", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] == "mine"
    assert len(balanced.client.get("/version").headers["X-Request-ID"]) == 32


def test_the_limit_is_the_servers_own() -> None:
    assert f"client_max_body_size {Settings().max_body_bytes};" in CONFIGURATION.read_text()


def test_an_observation_goes_on_from_replicas_that_are_not_ready(tmp_path: Path) -> None:
    with before(tmp_path, [BUSY, BUSY, WELL]) as (client, servers):
        answers = [client.post("/observe", content=b"{}").status_code for _ in range(9)]

    assert answers == [WELL] * 9
    assert len(servers[2].heard) == 9


def test_where_all_are_busy_the_worker_hears_when_to_come_back(tmp_path: Path) -> None:
    with before(tmp_path, [BUSY] * 3) as (client, _):
        answers = [client.post("/observe", content=b"{}") for _ in range(9)]

    assert {(answer.status_code, answer.headers["Retry-After"], answer.text) for answer in answers} == {
        (503, "7", "told")
    }


def test_what_may_have_been_stored_is_not_sent_to_another_replica(tmp_path: Path) -> None:
    with before(tmp_path, [SILENT] * 3) as (client, servers):
        answer = client.post("/observe", content=b"{}")

    assert answer.status_code == 502
    assert sum(len(server.heard) for server in servers) == 1


@pytest.mark.parametrize("path", ["/predict", "/spaces/nasbench201/graphs"])
def test_a_question_goes_on_from_replicas_that_fell_silent(tmp_path: Path, path: str) -> None:
    with before(tmp_path, [SILENT, SILENT, WELL]) as (client, servers):
        answers = [client.post(path, content=b"{}").status_code for _ in range(3)]

    assert answers == [WELL] * 3
    assert len(servers[2].heard) == 3


def test_a_replica_hears_who_asks_and_by_which_name(tmp_path: Path) -> None:
    with before(tmp_path, [WELL] * 3) as (client, servers):
        client.get("/version", headers={"Host": "emprox.lab:8080", "X-Forwarded-For": "10.9.9.9"})

    (heard,) = [headers for server in servers for headers in server.heard]
    assert (heard["Host"], heard["X-Forwarded-For"]) == ("emprox.lab:8080", "127.0.0.1")
