"""Who asks and observes, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from emprox_client.schemas import StudyActivity

from .cells import CELLS, NOT_A_CELL
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

PATH = "/studies/default/activity"
OBSERVATION = {"architecture": CELLS[0], "metrics": {"val_accuracy": 93.0}}


async def activity(server: Server, name: str = "default") -> StudyActivity:
    response = await server.http.get(f"/studies/{name}/activity")
    assert response.status_code == 200, response.text
    return StudyActivity.model_validate_json(response.content)


async def observe(server: Server, *workers: str | None, headers: dict[str, str] | None = None) -> None:
    observations = [OBSERVATION | ({"worker": worker} if worker else {}) for worker in workers]
    response = await server.http.post("/observe", json={"observations": observations}, headers=headers)
    assert response.status_code == 201, response.text


async def test_of_a_server_that_nobody_has_asked_there_is_nothing(server: Server) -> None:
    found = await activity(server)

    assert abs(found.since - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(found.minutes.minute) == len(found.minutes.observed) == 60
    assert abs(found.minutes.minute[-1] - datetime.now(UTC)) < timedelta(minutes=2)
    assert set(found.kinds) == {"predict", "observe", "suggest"}
    assert (found.kinds["predict"].requests, found.kinds["predict"].median_ms) == (0, None)
    assert (found.workers, found.failures) == ([], [])


async def test_what_was_asked_is_counted(server: Server) -> None:
    await observe(server, "gpu-7", "gpu-8", "gpu-7")
    await server.http.post("/predict", json={"candidates": CELLS[:4]}, headers={"EmProx-Worker": "gpu-8"})
    await server.http.post("/suggest", json={"n": 2, "worker": "gpu-9"})

    found = await activity(server)

    assert {name: (each.requests, each.items, each.failed) for name, each in found.kinds.items()} == {
        "predict": (1, 4, 0),
        "observe": (1, 3, 0),
        "suggest": (1, 2, 0),
    }
    assert 0 < (found.kinds["predict"].median_ms or 0) < 10_000
    told = {each.worker: (each.observed, each.predicted, each.suggested) for each in found.workers}
    assert told == {"gpu-7": (2, 0, 0), "gpu-8": (1, 4, 0), "gpu-9": (0, 0, 2)}
    assert found.workers[0].worker == "gpu-9"
    minutes = found.minutes
    assert (sum(minutes.observed), sum(minutes.predicted), sum(minutes.suggested)) == (3, 4, 2)


@pytest.mark.parametrize(
    ("header", "worker"),
    [
        ("gpu-7", "gpu-7"),
        ("é".encode(), "é"),
        (b"\xff", "127.0.0.1"),
        ("x" * 201, "127.0.0.1"),
        (b"a\x01b", "127.0.0.1"),
    ],
)
async def test_who_asks_is_told_by_a_header_or_by_the_address(server: Server, header: str | bytes, worker: str) -> None:
    headers: Any = {"EmProx-Worker": header}
    await observe(server, None, headers=headers)

    assert [each.worker for each in (await activity(server)).workers] == [worker]


async def test_a_look_is_no_activity(server: Server) -> None:
    await server.http.post("/predict", json={"candidates": [CELLS[0]]}, headers={"EmProx-Look": "1"})

    found = await activity(server)

    assert (found.kinds["predict"].requests, found.workers, found.failures) == (0, [], [])


async def test_an_invalid_request_failed_in_the_study_that_it_names(server: Server) -> None:
    await server.http.put("/studies/other", json={"space": "nasbench201", "metrics": [{"name": "loss"}]})
    await server.http.post("/predict", json={"study": "other", "candidates": []})

    assert [each.type for each in (await activity(server, "other")).failures] == ["invalid_request"]
    assert (await activity(server)).failures == []


async def test_what_failed_and_was_about_no_study_is_told_of_none(server: Server) -> None:
    await server.http.put("/spaces/mine", json={"kind": "wrong"})
    await server.http.put("/studies/mine", json={"space": "none", "metrics": [{"name": "loss"}]})

    assert (await activity(server)).failures == []


async def test_what_failed_is_told(server: Server) -> None:
    wrong = {"observations": [OBSERVATION, {**OBSERVATION, "architecture": NOT_A_CELL}]}
    await server.http.post("/observe", json=wrong, headers={"EmProx-Worker": "gpu-7"})
    await server.http.post("/predict", json={"candidates": [CELLS[0]]})

    found = await activity(server)

    newest, oldest = found.failures
    assert (newest.route, newest.status, newest.type) == ("POST /predict", 409, "no_observations")
    assert (oldest.route, oldest.status, oldest.type) == ("POST /observe", 422, "invalid_observations")
    assert oldest.detail.startswith(
        "1 of 2 observations are invalid, and none was stored: operation 'conv_5x5' of edge 0->1 is not one of"
    )
    assert (oldest.worker, found.workers[-1].worker, found.workers[-1].failed) == ("gpu-7", "gpu-7", 1)
    assert (found.kinds["observe"].failed, found.kinds["observe"].items) == (1, 0)


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        (b"{", "application/json", "not_json"),
        (b"{}", "text/plain", "unsupported_media_type"),
        (b" " * 400_000, "application/json", "body_too_large"),
        (b'{"study": "none", "candidates": ["x"]}', "application/json", "unknown_study"),
    ],
)
async def test_what_failed_before_its_study_was_known_is_told_of_every_study(
    server: Server, content: bytes, media_type: str, kind: str
) -> None:
    await server.http.put("/studies/other", json={"space": "nasbench201", "metrics": [{"name": "loss"}]})

    response = await server.http.post("/predict", content=content, headers={"content-type": media_type})

    for name in ("default", "other"):
        (failure,) = (await activity(server, name)).failures
        assert failure.type == response.json()["type"] == kind.replace("body_", "")
        assert failure.detail == response.json()["detail"][:300]


async def test_an_error_that_nobody_foresaw_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_query: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(server.predictor, "predict", fail)
    await server.http.post("/predict", json={"candidates": [CELLS[0]]})

    (failure,) = (await activity(server)).failures
    assert (failure.status, failure.type) == (500, "internal_error")
    assert "secret" not in failure.detail


async def test_looks_and_reads_are_not_counted(server: Server) -> None:
    await server.http.post("/suggest", json={"n": 1, "reserve": False})
    await server.http.post("/spaces/nasbench201/graphs", json={"architectures": [1]})
    await server.http.get("/studies/default/progress", params={"metric": "none"})
    await server.http.get("/health/ready")

    found = await activity(server)

    assert (found.workers, found.failures, found.kinds["suggest"].requests) == ([], [], 0)


async def test_a_correction_that_fails_is_told(server: Server) -> None:
    await server.http.delete("/studies/default/observations/none")

    (failure,) = (await activity(server)).failures
    assert (failure.route, failure.type) == ("DELETE /studies/default/observations/none", "observation_not_found")


async def test_a_study_that_was_declared_anew_begins_anew(server: Server) -> None:
    await observe(server, "gpu-7")
    await server.http.delete("/studies/default")
    assert problem_of(await server.http.get(PATH), 404).type == "unknown_study"
    await server.http.put("/studies/default", json={"space": "nasbench201", "metrics": [{"name": "val_accuracy"}]})

    assert (await activity(server)).workers == []
