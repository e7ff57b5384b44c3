"""What a study holds, and corrections of it, over HTTP."""

from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from emprox_client.schemas import (
    Corrections,
    CorrectionsResponse,
    ObservationRecord,
    Observations,
    StudyQuality,
)

from app.predictor.requests import Description

from .cells import CONV1, CONV3, POOL, cell
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

STUDY = "/studies/default"
SINGLE = ["none", "skip_connect", CONV1, CONV3, POOL]
# Each another network: two operations side by side from node 0, two in a row behind them.
CELLS = [
    f"|{a}~0|+|{b}~0|skip_connect~1|+|none~0|none~1|{c}~2|"
    for a in SINGLE[2:]
    for b in SINGLE[2:]
    for c in (CONV1, CONV3, POOL)
] + [cell(a, b) for a in SINGLE[2:] for b in SINGLE[2:]]


def key(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"run-{i}"))


def trained(i: int, **fields: Any) -> dict[str, Any]:
    value = 80.0 + CELLS[i].count("conv") * 2
    return {"architecture": CELLS[i], "metrics": {"val_accuracy": value}, "observation_id": key(i), **fields}


async def observe(server: Server, *observations: dict[str, Any]) -> None:
    response = await server.http.post("/observe", json={"observations": observations})
    assert response.status_code == 201, response.text


async def page(server: Server, **query: Any) -> Observations:
    response = await server.http.get(f"{STUDY}/observations", params=query)
    assert response.status_code == 200, response.text
    return Observations.model_validate_json(response.content)


async def observed(server: Server, i: int) -> Any:
    response = await server.http.post("/predict", json={"candidates": [CELLS[i]]})
    return response.json()["predictions"][0]["observed"]


async def test_observations_are_read_page_by_page(server: Server) -> None:
    await observe(server, *(trained(i) for i in range(5)))

    first = await page(server, limit=3)
    second = await page(server, limit=3, cursor=first.cursor)

    assert [o.observation_id for o in first.observations] == [key(4), key(3), key(2)]
    assert [o.observation_id for o in second.observations] == [key(1), key(0)]
    assert second.cursor is None


async def test_an_observation_is_told_with_all_that_was_sent(server: Server) -> None:
    sent = trained(1, seed=2**64 - 1, worker="gpu-7", fidelity={"epochs": 12}, metadata={"note": "é", "ok": True})
    await observe(server, trained(0))
    await observe(server, sent)

    response = await server.http.get(f"{STUDY}/observations/{key(1)}")

    record = ObservationRecord.model_validate_json(response.content)
    told = record.model_dump()
    assert {name: told[name] for name in sent} == sent
    assert (record.status, record.revision, record.retracted) == ("completed", 2, False)
    assert record.predicted["val_accuracy"].score == 80.0 + CELLS[0].count("conv") * 2


async def test_observations_are_filtered(server: Server) -> None:
    await observe(server, trained(0, worker="a"), trained(1, worker="b"), trained(2, status="failed", metrics={}))

    assert [o.worker for o in (await page(server, worker="b")).observations] == ["b"]
    assert [o.status for o in (await page(server, status="failed")).observations] == ["failed"]
    other = (await page(server, worker="a")).observations[0].architecture_id
    assert [o.worker for o in (await page(server, architecture_id=other)).observations] == ["a"]


async def test_an_observation_is_amended(server: Server) -> None:
    await observe(server, trained(0, worker="gpu-7"))

    amendment = {"metrics": {"val_accuracy": 12.5}, "worker": None, "actor": "mara", "reason": "wrong split"}
    response = await server.http.patch(f"{STUDY}/observations/{key(0)}", json=amendment)

    assert CorrectionsResponse.model_validate_json(response.content).changed == [True]
    assert (response.status_code, response.json()["revision"]) == (200, 2)
    assert await observed(server, 0) == {"val_accuracy": {"mean": 12.5, "n": 1, "std": None}}
    (record,) = (await page(server)).observations
    assert (record.metrics, record.worker) == ({"val_accuracy": 12.5}, None)


async def test_an_observation_is_retracted_and_restored(server: Server) -> None:
    await observe(server, trained(0), trained(1))
    path = f"{STUDY}/observations/{key(0)}"

    retracted = await server.http.delete(path, params={"actor": "mara", "reason": "broken data"})
    assert (retracted.status_code, retracted.json()["changed"]) == (200, [True])
    assert await observed(server, 0) is None
    assert [o.observation_id for o in (await page(server)).observations] == [key(1)]
    assert [o.observation_id for o in (await page(server, retracted="only")).observations] == [key(0)]
    assert len((await page(server, as_of=1)).observations) == 2
    study = (await server.http.get(STUDY)).json()
    assert (study["observations"], study["retracted"]) == (1, 1)

    again = await server.http.delete(path)
    assert again.json() == {"study": "default", "revision": 2, "changed": [False]}

    restored = await server.http.post(f"{path}/restore", json={"actor": "mara"})
    assert restored.json() == {"study": "default", "revision": 3, "changed": [True]}
    assert await observed(server, 0) is not None


async def test_several_corrections_are_one_change(server: Server) -> None:
    await observe(server, trained(0), trained(1), trained(2))
    corrections = [
        {"observation_id": key(0), "action": "retract", "actor": "mara"},
        {"observation_id": key(1), "action": "amend", "amendment": {"architecture": CELLS[5], "reason": "a typo"}},
    ]

    response = await server.http.post(f"{STUDY}/corrections", json={"corrections": corrections})

    assert response.json() == {"study": "default", "revision": 2, "changed": [True, True]}
    log = Corrections.model_validate_json((await server.http.get(f"{STUDY}/corrections")).content).corrections
    assert [(c.action, c.actor, c.reason, c.before.architecture) for c in log] == [
        ("retract", "mara", None, CELLS[0]),
        ("amend", None, "a typo", CELLS[1]),
    ]
    one = await server.http.get(f"{STUDY}/corrections", params={"observation_id": key(1)})
    assert Corrections.model_validate_json(one.content).corrections == log[1:]


async def test_an_amendment_of_nothing_and_one_too_many_are_refused(server: Server) -> None:
    await observe(server, trained(0))

    nothing = await server.http.patch(f"{STUDY}/observations/{key(0)}", json={"reason": "no idea"})
    assert "Nothing to amend: give at least one of architecture, metrics" in problem_of(nothing, 422).detail
    retracting = {"observation_id": key(0), "action": "retract", "amendment": {"worker": "a"}}
    both = await server.http.post(f"{STUDY}/corrections", json={"corrections": [retracting]})
    assert "An amendment is what an amend takes, and only an amend" in problem_of(both, 422).detail


@pytest.mark.parametrize(
    ("amendment", "complaint"),
    [
        ({"metrics": {"loss": 1.0}}, "study 'default' has no metric 'loss': it records val_accuracy"),
        ({"metrics": {}}, "a completed training has at least one of the metrics val_accuracy"),
        ({"architecture": "|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|"}, "operation 'conv_5x5' of edge 0->1"),
        ({"proxies": {"params": 1.0}}, "has no proxy 'params'"),
    ],
)
async def test_an_amendment_that_breaks_a_rule_changes_nothing(
    server: Server, amendment: dict[str, Any], complaint: str
) -> None:
    await observe(server, trained(0))

    response = await server.http.patch(f"{STUDY}/observations/{key(0)}", json=amendment)

    problem = problem_of(response, 422)
    assert problem.type == "invalid_corrections"
    assert complaint in problem.detail
    assert await server.revision() == 1


async def test_what_is_not_there_cannot_be_corrected(server: Server) -> None:
    await observe(server, trained(0))
    for response in (
        await server.http.patch(f"{STUDY}/observations/{key(9)}", json={"worker": "a"}),
        await server.http.delete(f"{STUDY}/observations/{key(9)}"),
        await server.http.post(f"{STUDY}/observations/{key(9)}/restore", json={}),
        await server.http.get(f"{STUDY}/observations/{key(9)}"),
    ):
        problem = problem_of(response, 404)
        assert (problem.type, problem.detail) == (
            "observation_not_found",
            f"study 'default' has no observation '{key(9)}'",
        )
    for path in ("observations", "corrections", "quality"):
        assert problem_of(await server.http.get(f"/studies/none/{path}"), 404).type == "unknown_study"


async def test_a_study_tells_how_good_its_estimates_were(server: Server) -> None:
    await observe(server, *(trained(i) for i in range(25)))
    for i in range(25, 35):
        await observe(server, trained(i))

    response = await server.http.get(f"{STUDY}/quality", params={"last": 5})

    quality = StudyQuality.model_validate_json(response.content)
    accuracy = quality.metrics["val_accuracy"]
    assert (quality.last, accuracy.overall.n, accuracy.recent.n, len(accuracy.curve)) == (5, 10, 5, 6)
    assert accuracy.overall.kendall_tau is not None
    assert accuracy.overall.kendall_tau > 0.3
    assert accuracy.calibration == (await server.http.get(STUDY)).json()["calibration"]["val_accuracy"]


async def test_a_metric_is_added(server: Server) -> None:
    latency = {"name": "latency_ms", "direction": "minimize", "unit": "ms", "failure_value": 1e3}

    first = await server.http.post(f"{STUDY}/metrics", json=latency)
    again = await server.http.post(f"{STUDY}/metrics", json=latency)
    otherwise = await server.http.post(f"{STUDY}/metrics", json=latency | {"unit": "s"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["metrics"][1] == latency
    assert "records latency_ms (minimize, unit 'ms', a failure counts as 1000)" in problem_of(otherwise, 409).detail
    await observe(server, trained(0, metrics={"latency_ms": 3.0}))


async def test_a_study_is_deleted(server: Server) -> None:
    await observe(server, trained(0))

    assert (await server.http.delete(STUDY)).status_code == 204

    assert problem_of(await server.http.get(STUDY), 404).type == "unknown_study"
    assert problem_of(await server.http.delete(STUDY), 404).type == "unknown_study"


@pytest.mark.parametrize("field", ["actor", "reason"])
async def test_who_retracts_and_why_are_texts_that_a_file_can_hold(server: Server, field: str) -> None:
    await observe(server, trained(0))

    response = await server.http.delete(f"{STUDY}/observations/{key(0)}", params={field: "a\0b"})

    assert problem_of(response, 422).detail.startswith(f"{field}: String should match pattern")


async def test_the_quality_of_a_metric_that_is_being_added_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.http.post(f"{STUDY}/metrics", json={"name": "latency_ms"})
    describe = server.predictor.describe

    async def a_moment_before(name: str) -> Description:
        return replace(await describe(name), calibration={"val_accuracy": 1.2})

    monkeypatch.setattr(server.predictor, "describe", a_moment_before)

    response = await server.http.get(f"{STUDY}/quality")

    assert response.status_code == 200
    metrics = StudyQuality.model_validate_json(response.content).metrics
    assert {name: each.calibration for name, each in metrics.items()} == {"val_accuracy": 1.2, "latency_ms": 1.0}
