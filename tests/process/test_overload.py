"""A server that gets more than it can do refuses early, loses nothing that it acknowledged, and recovers at once."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import httpx
from prometheus_client.parser import text_string_to_metric_families

from .cells import cells, trained
from .server_process import ServerProcess, serving

CONNECTIONS, ROUNDS = 300, 4
CANDIDATES = cells(200, seed=1)
TRAINED = trained(CONNECTIONS * ROUNDS, seed=1)
RECOVERED_S = 5


async def flood(url: str) -> list[httpx.Response]:
    """What many clients are answered that all ask at the same moment, and again without a pause."""

    async def client(http: httpx.AsyncClient, n: int) -> list[httpx.Response]:
        answers = []
        for each in range(ROUNDS):
            if (n + each) % 2:
                observations = [TRAINED[n * ROUNDS + each]]
                answers.append(await http.post("/observe", json={"observations": observations}))
            else:
                answers.append(await http.post("/predict", json={"candidates": CANDIDATES[n % 50 :]}))
        return answers

    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, trust_env=False, timeout=60) as http:
        answers = await asyncio.gather(*(client(http, n) for n in range(CONNECTIONS)))
    return [answer for of_client in answers for answer in of_client]


def stored(server: ServerProcess) -> set[UUID]:
    """The ids of all observations."""
    response = server.http.get("/studies/default/observations", headers={"Accept": "application/x-ndjson"})
    _study, *observations = map(json.loads, response.text.splitlines())
    return {UUID(each["observation_id"]) for each in observations}


def refused(server: ServerProcess) -> float:
    """How many requests the server says that it refused."""
    families = text_string_to_metric_families(server.http.get("/metrics").text)
    return sum(each.value for family in families for each in family.samples if each.name == "emprox_refused_total")


def test_a_flood_is_refused_in_part_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path / "data", EMPROX_QUEUE_LIMIT="4") as server:
        server.observe(trained(20))
        before = stored(server)

        answers = asyncio.run(flood(server.url))

        over = time.monotonic()
        answered_again = server.http.post("/predict", json={"candidates": CANDIDATES})
        stored_again = server.http.post("/observe", json={"observations": trained(1, seed=2)})
        assert (answered_again.status_code, stored_again.status_code) == (200, 201)
        assert time.monotonic() - over < RECOVERED_S

        counted = Counter((each.request.url.path, each.status_code) for each in answers)
        assert set(counted) == {("/predict", 200), ("/predict", 503), ("/observe", 201), ("/observe", 503)}
        for each in answers:
            if each.status_code == 503:
                assert (each.json()["type"], each.headers["retry-after"]) == ("overloaded", "1")
        assert refused(server) == counted["/predict", 503] + counted["/observe", 503]

        acknowledged = {
            UUID(each["observation_id"])
            for answer in [*answers, stored_again]
            if answer.status_code == 201
            for each in answer.json()["observations"]
        }
        assert stored(server) == before | acknowledged

        server.kill()
    with serving(tmp_path / "data") as again:
        assert stored(again) == before | acknowledged
