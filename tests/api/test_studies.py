from datetime import UTC, datetime, timedelta

import pytest
from emprox_client.schemas import Studies, Study

from .cells import CELLS
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

TWO_METRICS = {
    "space": "nasbench201",
    "metrics": [
        {"name": "val_accuracy", "direction": "maximize", "unit": "%"},
        {"name": "latency", "direction": "minimize", "unit": "ms"},
    ],
}


async def test_a_declared_study_is_new_once(server: Server) -> None:
    first = await server.http.put("/studies/nightly", json=TWO_METRICS)
    second = await server.http.put("/studies/nightly", json=TWO_METRICS)

    assert (first.status_code, second.status_code) == (201, 200)
    assert Study.model_validate_json(first.content) == Study.model_validate_json(second.content)


async def test_a_new_study_has_nothing_observed(server: Server) -> None:
    response = await server.http.put("/studies/nightly", json=TWO_METRICS)

    study = Study.model_validate_json(response.content)
    assert [(m.name, m.direction, m.unit) for m in study.metrics] == [
        ("val_accuracy", "maximize", "%"),
        ("latency", "minimize", "ms"),
    ]
    assert (study.name, study.space, study.revision, study.observations) == ("nightly", "nasbench201", 0, 0)
    assert (study.best, study.architectures) == ({}, {"val_accuracy": 0, "latency": 0})
    assert study.fitted_observations == {"val_accuracy": 0, "latency": 0}
    assert study.encoder == "nasbench201/1"
    assert datetime.now(UTC) - study.created_at < timedelta(minutes=5)


async def test_a_study_tells_its_best_in_the_direction_of_each_metric(server: Server) -> None:
    await server.http.put("/studies/nightly", json=TWO_METRICS)
    rows = [(0, 91.0, 7.0), (1, 95.0, 5.0), (2, 93.0, 6.0), (1, 93.0, 5.0)]
    observations = [{"architecture": CELLS[i], "metrics": {"val_accuracy": v, "latency": t}} for i, v, t in rows]
    stored = await server.http.post("/observe", json={"study": "nightly", "observations": observations})

    study = Study.model_validate_json((await server.http.get("/studies/nightly")).content)

    second = stored.json()["observations"][1]["architecture_id"]
    assert (study.revision, study.observations) == (1, 4)
    assert study.architectures == {"val_accuracy": 3, "latency": 3}
    assert {metric: (b.architecture_id, b.mean, b.n) for metric, b in study.best.items()} == {
        "val_accuracy": (second, 94, 2),
        "latency": (second, 5, 2),
    }


@pytest.mark.parametrize("metrics", [[{"name": "val_accuracy"}], TWO_METRICS["metrics"][::-1]])
async def test_a_study_declared_otherwise_is_a_conflict(server: Server, metrics: object) -> None:
    await server.http.put("/studies/nightly", json=TWO_METRICS)

    response = await server.http.put("/studies/nightly", json={"space": "nasbench201", "metrics": metrics})

    problem = problem_of(response, 409)
    assert problem.type == "study_conflict"
    assert "'nightly' is declared with metrics val_accuracy (maximize, unit '%'); latency" in problem.detail


async def test_an_unknown_space_is_answered_with_those_there_are(server: Server) -> None:
    response = await server.http.put("/studies/nightly", json={"space": "darts", "metrics": [{"name": "loss"}]})

    problem = problem_of(response, 422)
    assert problem.type == "unknown_space"
    assert problem.detail == "search space 'darts' is not known: the spaces are nasbench201"


async def test_metrics_of_one_name_are_refused(server: Server) -> None:
    twice = [{"name": "loss"}, {"name": "loss"}]

    response = await server.http.put("/studies/nightly", json={"space": "nasbench201", "metrics": twice})

    problem = problem_of(response, 422)
    assert (problem.type, problem.detail) == ("invalid_study", "metric names must differ: loss, loss")


async def test_studies_are_listed_by_name(server: Server) -> None:
    await server.http.put("/studies/nightly", json=TWO_METRICS)
    await server.http.put("/studies/a.b_c-9", json=TWO_METRICS)

    studies = Studies.model_validate_json((await server.http.get("/studies")).content)

    assert [study.name for study in studies.studies] == ["a.b_c-9", "default", "nightly"]


async def test_an_unknown_study_is_named(server: Server) -> None:
    problem = problem_of(await server.http.get("/studies/nightly"), 404)

    assert (problem.type, problem.title) == ("unknown_study", "Unknown study")
    assert "there is no study 'nightly'" in problem.detail


@pytest.mark.parametrize(
    "name", ["Upper", "a b", "%C3%A9", "%00", "%ED%A0%80", "a%0A", "x" * 65, "a;b", "%F0%9F%98%80"]
)
async def test_a_name_of_other_characters_is_refused(server: Server, name: str) -> None:
    for response in (
        await server.http.get(f"/studies/{name}"),
        await server.http.put(f"/studies/{name}", json=TWO_METRICS),
    ):
        problem = problem_of(response, 422)
        assert problem.type == "invalid_request"
        assert problem.detail.startswith("name: String should match pattern")
        assert len(response.content) < 1000


async def test_observations_may_lack_some_of_the_metrics(server: Server) -> None:
    await server.http.put("/studies/nightly", json=TWO_METRICS)
    rows = [{"val_accuracy": 91.0}, {"latency": 7.0}, {"val_accuracy": 93.0, "latency": 5.0}, {"val_accuracy": 92.0}]
    observations = [{"architecture": a, "metrics": m} for a, m in zip(CELLS, rows, strict=False)]

    await server.http.post("/observe", json={"study": "nightly", "observations": observations})

    asked = {"study": "nightly", "candidates": [CELLS[1]], "k": 10, "weighting": "uniform"}
    (prediction,) = (await server.http.post("/predict", json=asked)).json()["predictions"]
    assert prediction["metrics"]["val_accuracy"]["score"] == pytest.approx(92)
    assert prediction["metrics"]["latency"]["score"] == pytest.approx(6)
    assert prediction["observed"] == {"latency": {"mean": 7, "n": 1, "std": None}}


async def test_a_study_tells_trainings_of_each_fidelity_apart(server: Server) -> None:
    declared = await server.http.put("/studies/nightly", json=TWO_METRICS | {"fidelity": {"epochs": 200}})
    observations = [
        {"architecture": cell, "metrics": {"val_accuracy": 90.0 + i}, "fidelity": {"epochs": 200 if i < 5 else 12}}
        for i, cell in enumerate(CELLS)
    ]
    await server.http.post("/observe", json={"study": "nightly", "observations": observations})

    study = Study.model_validate_json((await server.http.get("/studies/nightly")).content)
    answer = await server.http.post("/predict", json={"study": "nightly", "candidates": CELLS[:1]})

    assert declared.status_code == 201
    assert study.fidelity == {"epochs": 200}
    quick, full = study.fidelities["val_accuracy"]
    assert (quick.share, quick.trainings) == (1 / 16, len(CELLS) - 5)
    assert (full.share, full.trainings) == (1, 5)
    assert study.architectures["val_accuracy"] == 5
    assert answer.json()["fidelity"] == {"val_accuracy": 1.0}


async def test_a_study_is_not_declared_again_with_another_full_training(server: Server) -> None:
    await server.http.put("/studies/nightly", json=TWO_METRICS | {"fidelity": {"epochs": 200}})

    response = await server.http.put("/studies/nightly", json=TWO_METRICS | {"fidelity": {"epochs": 100}})

    problem = problem_of(response, 409)
    assert "is declared with fidelity epochs 200, not epochs 100: declare it under another name" in problem.detail


@pytest.mark.parametrize("fidelity", [{"epochs": 0}, {"epochs": "200"}, {"Epochs": 200}, {"epochs": 1e101}, [200]])
async def test_a_full_training_is_said_in_numbers(server: Server, fidelity: object) -> None:
    problem_of(await server.http.put("/studies/nightly", json=TWO_METRICS | {"fidelity": fidelity}), 422)


async def test_a_fidelity_beyond_the_full_one_names_the_rule(server: Server) -> None:
    await server.http.put("/studies/nightly", json=TWO_METRICS | {"fidelity": {"epochs": 200}})
    wrong = {"architecture": CELLS[0], "metrics": {"val_accuracy": 90.0}, "fidelity": {"epochs": 300}}

    response = await server.http.post("/observe", json={"study": "nightly", "observations": [wrong]})

    assert "fidelity 'epochs' is 300: it must be a number above 0 and at most 200" in response.text
    assert response.status_code == 422
