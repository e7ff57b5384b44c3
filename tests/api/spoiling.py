"""Valid requests, and ways to spoil them."""

import json
from collections.abc import AsyncIterator
from typing import Any

from .cells import CELLS
from .serving import Server, problem_of

PREDICT: dict[str, Any] = {"study": "default", "candidates": [CELLS[0]], "metrics": ["val_accuracy"]}
OBSERVE: dict[str, Any] = {
    "study": "default",
    "observations": [
        {
            "architecture": CELLS[0],
            "metrics": {"val_accuracy": 93.0},
            "observation_id": "4b7c1f0e-8d67-4f0e-9f4e-0d2d1c1f7a55",
            "status": "completed",
            "fidelity": {"epochs": 200},
            "seed": 1,
            "worker": "gpu-7",
            "metadata": {"note": "x"},
        }
    ],
}
DECLARE: dict[str, Any] = {
    "space": "nasbench201",
    "metrics": [{"name": "loss", "direction": "minimize", "unit": "nat"}],
}
REQUESTS = {"/predict": ("POST", PREDICT), "/observe": ("POST", OBSERVE), "/studies/nightly": ("PUT", DECLARE)}

Place = tuple[Any, ...]
TEXTS: list[Place] = [
    ("/predict", "study"),
    ("/predict", "metrics", 0),
    ("/predict", "weighting"),
    ("/observe", "study"),
    ("/observe", "observations", 0, "observation_id"),
    ("/observe", "observations", 0, "status"),
    ("/observe", "observations", 0, "worker"),
    ("/observe", "observations", 0, "metadata", "note"),
    ("/observe", "observations", 0, "fidelity", "epochs"),
    ("/observe", "observations", 0, "architecture"),
    ("/studies/nightly", "space"),
    ("/studies/nightly", "metrics", 0, "name"),
    ("/studies/nightly", "metrics", 0, "direction"),
    ("/studies/nightly", "metrics", 0, "unit"),
]
KEYS: list[Place] = [
    ("/predict",),
    ("/observe",),
    ("/observe", "observations", 0),
    ("/observe", "observations", 0, "metrics"),
    ("/observe", "observations", 0, "fidelity"),
    ("/observe", "observations", 0, "metadata"),
    ("/studies/nightly",),
    ("/studies/nightly", "metrics", 0),
]
NUMBERS: list[Place] = [
    ("/predict", "k"),
    ("/predict", "neighbors"),
    ("/predict", "min_revision"),
    ("/observe", "observations", 0, "metrics", "val_accuracy"),
    ("/observe", "observations", 0, "fidelity", "epochs"),
    ("/observe", "observations", 0, "seed"),
    ("/observe", "observations", 0, "metadata", "note"),
]
CONTAINERS: list[Place] = [
    ("/predict",),
    ("/predict", "candidates"),
    ("/predict", "metrics"),
    ("/observe",),
    ("/observe", "observations"),
    ("/observe", "observations", 0),
    ("/observe", "observations", 0, "metrics"),
    ("/observe", "observations", 0, "fidelity"),
    ("/observe", "observations", 0, "metadata"),
    ("/studies/nightly",),
    ("/studies/nightly", "metrics"),
    ("/studies/nightly", "metrics", 0),
]
HOLE = "hole"


def where(place: Place) -> str:
    return ".".join(str(part) for part in place)


def with_hole(place: Place, hole: object = HOLE) -> str:
    """The request as JSON, with something else in a place."""
    _, request = REQUESTS[place[0]]
    changed = json.loads(json.dumps(request))
    if len(place) == 1:
        return json.dumps(hole)
    inner = changed
    for part in place[1:-1]:
        inner = inner[part]
    inner[place[-1]] = hole
    return json.dumps(changed)


def with_text(place: Place, literal: str) -> str:
    """The request with a JSON literal, as it is, in a place."""
    return with_hole(place).replace(f'"{HOLE}"', literal)


def with_key(place: Place, literal: str) -> str:
    """The request with one more entry in an object."""
    _, request = REQUESTS[place[0]]
    inner: Any = request
    for part in place[1:]:
        inner = inner[part]
    return with_hole(place, {**inner, HOLE: 1}).replace(f'"{HOLE}"', literal)


async def refusal(server: Server, path: str, content: str | bytes | AsyncIterator[bytes], **headers: str) -> str:
    """The detail of the problem that a body ends in, which is short and changes nothing."""
    method = REQUESTS[path][0]
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = await server.http.request(method, path, content=content, headers=sent)

    problem = problem_of(response, response.status_code)
    assert 400 <= problem.status < 500
    assert len(response.content) < 12_000
    assert await server.revision() == 0
    assert [study["name"] for study in (await server.http.get("/studies")).json()["studies"]] == ["default"]
    return f"{problem.status} {problem.type}: {problem.detail}"
