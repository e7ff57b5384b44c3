"""What Prometheus is told: what waits, what is kept, and how long everything takes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.predictor.ports import Encoder
from app.predictor.timings import STEPS

from .cells import CELLS
from .serving import Server, problem_of, serving, store_with_default_study
from .test_operation import TroubledStore

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]

OBSERVATION = {"observations": [{"architecture": CELLS[0], "metrics": {"val_accuracy": 93.0}}]}
CANDIDATES = {"candidates": [CELLS[1], CELLS[2]]}

Told = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Metrics:
    """What is told now."""

    def __init__(self, text: str) -> None:
        self._told: Told = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self._told[name, frozenset(labels.items())]

    def of(self, name: str) -> Iterator[dict[str, str]]:
        """The labels of each."""
        return (dict(labels) for known, labels in self._told if known == name)


async def metrics(server: Server) -> Metrics:
    response = await server.http.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(response.text)


async def test_every_queue_tells_what_waits_and_its_limit(server: Server) -> None:
    told = await metrics(server)

    queues = {labels["queue"] for labels in told.of("emprox_waiting")}
    assert queues == {"predict", "observe", "numbers", "writes", "fits", "reads", "searches", "switches"}
    for queue in queues:
        assert told("emprox_waiting", queue=queue) == 0
        assert told("emprox_waiting_limit", queue=queue) == 64
        assert told("emprox_refused_total", queue=queue) == 0


async def test_what_was_refused_is_counted(tmp_path: Path, encoder: Encoder) -> None:
    troubled = TroubledStore(store_with_default_study(tmp_path))
    async with serving(troubled, encoder, tmp_path, queue_limit=0) as server:
        await server.ready()

        refused = [await server.http.post(path, json=body) for path, body in BOTH]
        told = await metrics(server)

    for response in refused:
        assert problem_of(response, 503).type == "overloaded"
    for queue, (path, _) in zip(("observe", "predict"), BOTH, strict=True):
        assert told("emprox_refused_total", queue=queue) == 1
        assert told("emprox_request_seconds_count", method="POST", route=path, status="503") == 1


BOTH: list[tuple[str, dict[str, Any]]] = [("/observe", OBSERVATION), ("/predict", CANDIDATES)]


async def test_each_step_of_an_answer_is_timed(server: Server) -> None:
    searched = {**CANDIDATES, "weighting": "inverse_distance"}  # by default all are weighed at once, without a search
    for path, body in (BOTH[0], ("/predict", searched)):
        assert (await server.http.post(path, json=body)).is_success

    told = await metrics(server)

    for request, steps in (("observe", set(STEPS) - {"neighbors"}), ("predict", set(STEPS) - {"commit"})):
        for step in steps:
            assert told("emprox_step_seconds_count", request=request, step=step) == 1
            assert told("emprox_step_seconds_sum", request=request, step=step) > 0
    assert told("emprox_commit_requests_sum") == told("emprox_commit_observations_sum") == 1


async def test_requests_are_counted_by_route_and_not_by_path(server: Server) -> None:
    for path in ("/studies/default", "/studies/nightly", "/no/such/path", "/studies/default"):
        await server.http.get(path)
    await server.http.post("/predict", content="{", headers={"Content-Type": "application/json"})

    told = await metrics(server)

    counted = "emprox_request_seconds_count"
    assert told(counted, method="GET", route="/studies/{name}", status="200") == 2
    assert told(counted, method="GET", route="/studies/{name}", status="404") == 1
    assert told(counted, method="GET", route="other", status="404") == 1
    assert told(counted, method="POST", route="/predict", status="400") == 1


async def test_studies_and_caches_tell_their_size(server: Server) -> None:
    await server.http.post("/observe", json=OBSERVATION)
    await server.http.post("/observe", json=OBSERVATION)
    await server.http.post("/predict", json=CANDIDATES)

    told = await metrics(server)

    assert told("emprox_study_observations", study="default") == 2
    assert told("emprox_study_architectures", study="default") == 1
    assert told("emprox_study_revision", study="default") == 2
    of_space = {"cache": "encodings", "space": "nasbench201", "encoder": "nasbench201/1"}
    assert told("emprox_cache_entries", **of_space) == 3
    assert told("emprox_cache_limit", **of_space) == 16_384
    for labels in told.of("emprox_cache_entries"):
        assert 0 <= told("emprox_cache_entries", **labels) <= told("emprox_cache_limit", **labels)
    caches = {labels["cache"] for labels in told.of("emprox_cache_entries")}
    assert {"wirings", "numberings", "candidates", "timelines", "maps", "umap_maps"} <= caches


async def test_who_listens_is_told_beside_the_limit(server: Server) -> None:
    told = await metrics(server)

    assert (told("emprox_listeners"), told("emprox_listeners_limit")) == (0, 100)


async def test_what_is_drawn_for_the_page_is_counted(server: Server) -> None:
    await server.http.post("/observe", json=OBSERVATION)
    await server.http.get("/studies/default/progress")

    told = await metrics(server)

    assert told("emprox_cache_entries", cache="timelines", space="", encoder="") == 1


async def test_a_server_that_still_loads_tells_so(tmp_path: Path, encoder: Encoder) -> None:
    troubled = TroubledStore(store_with_default_study(tmp_path))
    troubled.readable.clear()
    async with serving(troubled, encoder, tmp_path) as server:
        loading = await metrics(server)
        troubled.readable.set()
        await server.ready()
        ready = await metrics(server)

    assert loading("emprox_ready") == 0
    assert not list(loading.of("emprox_study_revision"))
    assert ready("emprox_ready") == 1
    assert ready("emprox_study_revision", study="default") == 0


async def test_no_name_can_end_its_line(server: Server) -> None:
    declaration = {"space": "nasbench201", "metrics": [{"name": "loss"}]}
    hostile = "/studies/night%22ly%7D%201%0A%5Cemprox_ready%207"

    refused = await server.http.put(hostile, json=declaration)
    taken = await server.http.put("/studies/n.1_g-ht", json=declaration)
    told = await metrics(server)

    assert (refused.status_code, taken.status_code) == (422, 201)
    assert {labels["study"] for labels in told.of("emprox_study_revision")} == {"default", "n.1_g-ht"}
    routes = {(labels["route"], labels["status"]) for labels in told.of("emprox_request_seconds_count")}
    assert {("/studies/{name}", "422"), ("/studies/{name}", "201")} <= routes
    assert told("emprox_ready") == 1


async def test_memory_processor_time_and_open_files_of_the_process_are_told(server: Server) -> None:
    told = await metrics(server)

    assert told("process_resident_memory_bytes") > 1e6
    assert told("process_cpu_seconds_total") > 0
    assert 0 < told("process_open_fds") < told("process_max_fds")
    assert told("emprox_threads") >= 2  # the event loop, and that of numbers


async def test_every_metric_of_the_dashboard_is_told(server: Server) -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"(?:emprox|process)_\w+", target["expr"])
    }
    assert asked

    await server.http.post("/observe", json=OBSERVATION)
    told = await metrics(server)

    of_replicas = {"emprox_study_behind", "emprox_following_seconds"}  # tests/cluster has them
    assert {name for name in asked if not list(told.of(name))} == of_replicas
