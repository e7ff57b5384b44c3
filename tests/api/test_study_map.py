"""The map of a study, over HTTP."""

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emprox_client.schemas import StudyMap

from app.dashboard import umap_process
from app.dashboard.map import Kind
from app.predictor.ports import Encoder
from app.predictor.trainings import observations_to_fit
from app.spaces.nasbench201 import NasBench201

from .serving import Server, problem_of, serving, store_with_default_study

pytestmark = pytest.mark.anyio

PATH = "/studies/default/map"


def cells(n: int, seed: int = 0) -> list[str]:
    """Notations of n networks that differ."""
    rng = np.random.default_rng(seed)
    found: dict[str, str] = {}
    while len(found) < n:
        architecture = NasBench201().sample(rng)
        found.setdefault(architecture.id, str(architecture.notation))
    return list(found.values())


async def observe(server: Server, notations: list[str], **fields: Any) -> None:
    observations = [
        {
            "architecture": cell,
            "metrics": {"val_accuracy": 80 + 2.0 * cell.count("conv") - cell.count("none")},
            **fields,
        }
        for cell in notations
    ]
    response = await server.http.post("/observe", json={"observations": observations})
    assert response.status_code == 201, response.text


async def study_map(server: Server, **query: Any) -> StudyMap:
    response = await server.http.get(PATH, params=query)
    assert response.status_code == 200, response.text
    return StudyMap.model_validate_json(response.content)


async def test_of_an_empty_study_the_space_is_told(shared_server: Server) -> None:
    found = await study_map(shared_server)

    assert (found.architectures, found.shown, found.points.x) == (0, 0, [])
    assert 300 < len(found.space.x) == len(found.space.y) <= 600
    assert (found.projection, found.encoder, found.pending) == ("pca", "nasbench201/1", None)
    assert found.explained is not None
    assert 0 < found.explained[1] < found.explained[0] < 1


async def test_trained_architectures_are_on_the_map(server: Server) -> None:
    some = cells(12)
    await observe(server, some)
    await observe(server, some[:1])
    await observe(server, some[1:2], status="failed", metrics={})

    found = await study_map(server)

    points = found.points
    ids = [NasBench201().parse(cell).id for cell in some]
    assert (found.revision, found.architectures, found.shown) == (3, 12, 12)
    assert points.architecture_id == sorted(ids)
    told = dict(
        zip(points.architecture_id, zip(points.trainings, points.failed, points.newest, strict=True), strict=True)
    )
    assert (told[ids[0]], told[ids[1]], told[ids[2]]) == ((2, 0, 2), (2, 1, 3), (1, 0, 1))
    assert all(len(column) == 12 for column in points.model_dump().values())


async def test_points_stay_where_they_are_as_results_come(server: Server) -> None:
    some = cells(20)
    await observe(server, some[:10])
    before = await study_map(server)
    await observe(server, some[10:])

    after = await study_map(server)

    assert after.space == before.space
    places = dict(zip(after.points.architecture_id, zip(after.points.x, after.points.y, strict=True), strict=True))
    assert [places[key] for key in before.points.architecture_id] == list(
        zip(before.points.x, before.points.y, strict=True)
    )


async def test_better_ones_lie_to_the_right_and_further_up(server: Server) -> None:
    await observe(server, cells(24))

    points = (await study_map(server)).points

    values = [value or 0 for value in points.value]
    assert np.corrcoef(points.x, values)[0, 1] > 0
    assert np.corrcoef(points.y, values)[0, 1] > 0


async def test_another_map_is_drawn_when_scales_are_fitted(server: Server) -> None:
    some = cells(60)
    await observe(server, some[:20])
    before = await study_map(server)
    await observe(server, some[20:])
    wanted = observations_to_fit(60)
    while (await server.http.get("/studies/default")).json()["fitted_observations"]["val_accuracy"] < wanted:
        pass

    after = await study_map(server)

    assert after.space != before.space
    assert after.shown == 60
    assert after.explained != before.explained


async def test_a_point_lies_where_the_space_has_its_architecture(server: Server) -> None:
    """What was trained and what was not are on the same map."""
    await observe(server, cells(100, seed=3))

    found = await study_map(server)

    space = set(zip(found.space.x, found.space.y, strict=True))
    points = set(zip(found.points.x, found.points.y, strict=True))
    near = [min(np.hypot(x - a, y - b) for a, b in space) for x, y in points]
    assert np.median(near) < 0.1 * np.ptp(found.space.x)


async def test_proxies_are_left_out_of_the_map(server: Server) -> None:
    declaration = {"space": "nasbench201", "metrics": [{"name": "val_accuracy"}], "proxies": ["params"]}
    await server.http.put("/studies/proxied", json=declaration)
    (cell,) = cells(1)
    observation = {"architecture": cell, "metrics": {"val_accuracy": 90.0}, "proxies": {"params": 1e6}}
    await server.http.post("/observe", json={"study": "proxied", "observations": [observation]})
    await observe(server, [cell])

    response = await server.http.get("/studies/proxied/map")

    found = StudyMap.model_validate_json(response.content)
    assert found.points.x == (await study_map(server)).points.x


async def test_a_study_that_was_declared_anew_has_a_map_of_its_own(server: Server) -> None:
    await observe(server, cells(5))
    await study_map(server)
    await server.http.delete("/studies/default")
    declaration = {"space": "nasbench201", "metrics": [{"name": "val_accuracy", "unit": "%"}]}
    await server.http.put("/studies/default", json=declaration)

    assert (await study_map(server)).architectures == 0


async def test_what_is_not_there_is_told(shared_server: Server) -> None:
    assert problem_of(await shared_server.http.get("/studies/none/map"), 404).type == "unknown_study"
    assert problem_of(await shared_server.http.get(PATH, params={"metric": "loss"}), 422).type == "unknown_metric"


@pytest.mark.parametrize("query", [{"limit": 99}, {"limit": 10_001}, {"projection": "tsne"}])
async def test_what_is_out_of_bounds_is_refused(shared_server: Server, query: dict[str, Any]) -> None:
    assert problem_of(await shared_server.http.get(PATH, params=query), 422).type == "invalid_request"


async def umap(server: Server) -> StudyMap:
    """The map by UMAP, once it is computed."""
    deadline = time.monotonic() + 240
    while (found := await study_map(server, projection="umap")).projection != "umap":
        assert found.pending == "umap"
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    return found


async def test_umap_is_computed_beside_and_pca_is_told_until_then(server: Server) -> None:
    some = cells(24)
    await observe(server, some[:20])

    first = await study_map(server, projection="umap")
    assert (first.projection, first.pending, first.projections) == ("pca", "umap", ["pca", "umap"])
    assert first.space == (await study_map(server)).space
    found = await umap(server)

    assert (found.pending, found.explained, found.shown) == (None, None, 20)
    assert len(found.space.x) == len(first.space.x)
    assert np.corrcoef(found.space.x, first.space.x)[0, 1] > 0.5  # left and right are what they were
    await observe(server, some[20:])
    later = await umap(server)
    places = dict(zip(later.points.architecture_id, zip(later.points.x, later.points.y, strict=True), strict=True))
    assert (later.shown, later.space) == (24, found.space)
    before = list(zip(found.points.x, found.points.y, strict=True))
    assert [places[key] for key in found.points.architecture_id] == before
    assert min(found.space.x) - 1 < min(later.points.x) < max(later.points.x) < max(found.space.x) + 1


async def test_pca_is_told_where_umap_fails(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(umap_process, "_AT_MOST_S", 0.05)
    await observe(server, cells(5))

    while (found := await study_map(server, projection="umap")).pending:
        await asyncio.sleep(0.02)

    assert found.projection == "pca"
    assert "map by UMAP not computed, PCA serves study=default metric=val_accuracy: it took longer" in caplog.text


async def test_a_server_that_computes_umap_stops_at_once(tmp_path: Path, encoder: Encoder) -> None:
    async with serving(store_with_default_study(tmp_path), encoder, tmp_path / "cache") as server:
        await server.ready()
        await study_map(server, projection="umap")
        await asyncio.sleep(0.3)
        asked = time.monotonic()

    assert time.monotonic() - asked < 2


async def test_what_is_not_installed_is_not_offered(server: Server) -> None:
    server.app.state.service.dashboard.maps.kinds = [Kind.PCA]

    found = await study_map(server, projection="umap")

    assert (found.projections, found.projection, found.pending) == (["pca"], "pca", None)
