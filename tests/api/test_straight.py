"""Plain requests are answered without FastAPI's machinery, and as FastAPI would answer them."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.api.straight import Straight

from .cells import CELLS, NOT_A_CELL
from .serving import Server

pytestmark = pytest.mark.anyio

OBSERVATION = {
    "observation_id": "4b7c1f0e-8d67-4f0e-9f4e-0d2d1c1f7a55",
    "architecture": CELLS[0],
    "metrics": {"val_accuracy": 90.25},
}


async def as_routed(app: FastAPI, path: str, content: bytes) -> httpx.Response:
    """The answer of the route itself."""
    app.user_middleware = [each for each in app.user_middleware if each.cls is not Straight]  # type: ignore[comparison-overlap]
    app.middleware_stack = None  # made anew with the next request
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it") as http:
        return await http.post(path, content=content, headers={"content-type": "application/json"})


def without_id(response: httpx.Response) -> dict[str, str]:
    """The headers but for the id, which each answer has of its own."""
    return {name: value for name, value in response.headers.items() if name != "x-request-id"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/predict", {"candidates": [CELLS[1]]}, 200),
        ("/predict", {"candidates": [CELLS[0], NOT_A_CELL, CELLS[2]], "neighbors": 2, "k": 2}, 200),
        ("/predict", {"candidates": [CELLS[1]], "weighting": "uniform", "metrics": ["val_accuracy"]}, 200),
        ("/predict", {"candidates": [{"any": {"object": [1.5, None, True]}}]}, 200),
        ("/predict", {"candidates": [CELLS[1]], "study": "nightly"}, 404),
        ("/predict", {"candidates": [CELLS[1]], "metrics": ["loss"]}, 422),
        ("/predict", {"candidates": [CELLS[1]], "min_revision": 9}, 503),
        ("/predict", {"candidates": []}, 422),
        ("/predict", {"candidates": [CELLS[1]], "k": 1.0}, 422),
        ("/predict", {"candidates": [CELLS[1]], "unknown": 1}, 422),
        ("/predict", [], 422),
        ("/observe", {"observations": [OBSERVATION]}, 201),
        ("/observe", {"observations": [{**OBSERVATION, "metrics": {"val_accuracy": 91}}]}, 409),
        ("/observe", {"observations": [{**OBSERVATION, "architecture": NOT_A_CELL}]}, 422),
        ("/observe", {"observations": [{**OBSERVATION, "seed": "one"}]}, 422),
    ],
    ids=str,
)
async def test_the_answer_is_that_of_the_route(server: Server, path: str, body: Any, status: int) -> None:
    await server.http.post("/observe", json={"observations": [OBSERVATION, {**OBSERVATION, "observation_id": None}]})

    straight = await server.http.post(path, json=body)

    routed = await as_routed(server.app, path, straight.request.content)
    assert (straight.status_code, routed.status_code) == (status, status), straight.text
    assert straight.content == routed.content
    assert without_id(straight) == without_id(routed)


async def test_plain_requests_do_without_the_route(server: Server) -> None:
    await server.http.post("/observe", json={"observations": [OBSERVATION]})
    server.app.router.routes.clear()

    response = await server.http.post("/predict", json={"candidates": [CELLS[1]]})

    assert response.status_code == 200
