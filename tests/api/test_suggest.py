from dataclasses import replace
from typing import Any

import pytest
from emprox_client.schemas import PendingSuggestion, PendingSuggestions, SuggestResponse

from .cells import CELLS, NOT_A_CELL
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio


async def observe(server: Server, *cells: str) -> None:
    observations = [{"architecture": c, "metrics": {"val_accuracy": 80.0 + c.count("conv")}} for c in cells]
    assert (await server.http.post("/observe", json={"observations": observations})).status_code == 201


async def suggest(server: Server, **asked: Any) -> SuggestResponse:
    response = await server.http.post("/suggest", json={"generate": 50, **asked})
    assert response.status_code == 200, response.text
    return SuggestResponse.model_validate_json(response.content)


async def test_a_worker_asks_trains_and_observes(server: Server) -> None:
    await observe(server, *CELLS[:5])

    answer = await suggest(server, n=2, worker="gpu-7")
    again = await suggest(server, n=2, worker="gpu-7")

    first, second = answer.suggestions
    assert [each.suggestion_id for each in again.suggestions] == [first.suggestion_id, second.suggestion_id]
    assert first.metrics["val_accuracy"].score > 0
    assert (first.worker, first.feasibility, again.suggestions[0].feasibility) == ("gpu-7", 1.0, None)
    assert (first.expires_at - first.created_at).total_seconds() == 86_400

    await observe(server, str(first.architecture))
    remaining = await suggest(server, n=1, worker="gpu-7")
    assert remaining.suggestions[0].suggestion_id == second.suggestion_id


async def test_an_empty_study_is_suggested_samples(server: Server) -> None:
    answer = await suggest(server, n=3)

    assert [(each.origin, each.metrics, each.novelty) for each in answer.suggestions] == [("sample", {}, None)] * 3


async def test_a_look_at_suggestions_keeps_nobody_from_them(server: Server) -> None:
    await observe(server, *CELLS[:5])

    look = await suggest(server, n=2, seed=1, reserve=False)
    real = await suggest(server, n=2, seed=1)

    assert [each.suggestion_id for each in look.suggestions] == [None, None]
    assert look.suggestions[0].expires_at == look.suggestions[0].created_at
    assert [each.architecture for each in real.suggestions] == [each.architecture for each in look.suggestions]
    listed = (await server.http.get("/studies/default/suggestions")).json()["suggestions"]
    assert [each["suggestion_id"] for each in listed] == [each.suggestion_id for each in real.suggestions]


async def test_pending_suggestions_are_listed_renewed_and_given_back(server: Server) -> None:
    (one,) = (await suggest(server, worker="gpu-7", expires_in_seconds=60)).suggestions
    path = f"/studies/default/suggestions/{one.suggestion_id}"

    listed = PendingSuggestions.model_validate_json((await server.http.get("/studies/default/suggestions")).content)
    assert [each.suggestion_id for each in listed.suggestions] == [one.suggestion_id]
    renewed = await server.http.patch(path, json={"expires_in_seconds": 600})
    assert PendingSuggestion.model_validate_json(renewed.content).expires_at > one.expires_at
    assert (await server.http.delete(path)).status_code == 204
    assert (await server.http.get("/studies/default/suggestions")).json() == {"suggestions": []}
    assert problem_of(await server.http.delete(path), 404).type == "suggestion_not_found"


async def test_an_expired_suggestion_is_told_from_none(server: Server) -> None:
    (one,) = (await suggest(server, expires_in_seconds=60)).suggestions
    assert one.suggestion_id
    pending = server.predictor._studies.pending["default"]
    pending.put([replace(pending._by_id[one.suggestion_id], expires_at=one.created_at)])

    response = await server.http.patch(f"/studies/default/suggestions/{one.suggestion_id}", json={})

    problem = problem_of(response, 410)
    assert problem.type == "suggestion_expired"
    assert "ask for another with POST /suggest" in problem.detail


async def test_given_candidates_are_ranked_and_wrong_ones_are_named(server: Server) -> None:
    await observe(server, *CELLS[:5])

    answer = await suggest(server, n=9, candidates=[NOT_A_CELL, CELLS[6], CELLS[0]])

    assert [each.architecture for each in answer.suggestions] == [CELLS[6]]
    assert [(error.index, "conv_5x5" in error.detail) for error in answer.errors] == [(0, True)]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"n": 0}, "n: Input should be greater than or equal to 1 (it is 0)"),
        ({"strategy": "hope"}, "strategy: Input should be 'upper_confidence_bound'"),
        (
            {"constraints": {"val_accuracy": {"at_least": 6, "at_most": 5}}},
            "constraints.val_accuracy: No value is at least 6.0 and at most 5.0: give the smaller bound as at_least",
        ),
        ({"proxies": [{}]}, "proxies: They are of candidates: give these as well, or leave proxies out"),
        ({"constraints": {"val_accuracy": {}}}, "constraints.val_accuracy: Give at_least, at_most or both"),
        ({"constraints": {"loss": {"at_most": 1}}}, "study 'default' has no metric 'loss'"),
        ({"metrics": ["loss"]}, "study 'default' has no metric 'loss'"),
        ({"candidates": [NOT_A_CELL]}, "no candidate is an architecture of this study; the first: operation"),
        ({"candidates": CELLS[:2], "proxies": [{}]}, "proxies: 1 in proxies, 2 in candidates: give one for each"),
        ({"expires_in_seconds": 0}, "expires_in_seconds: Input should be greater than or equal to 1"),
    ],
)
async def test_what_is_wrong_is_named(server: Server, asked: dict[str, Any], complaint: str) -> None:
    response = await server.http.post("/suggest", json=asked)

    assert complaint in problem_of(response, 422).detail
    assert (await server.http.get("/studies/default/suggestions")).json() == {"suggestions": []}
