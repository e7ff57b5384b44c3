"""`POST /suggest` and `/studies/{name}/suggestions`."""

from datetime import timedelta
from typing import Any

from emprox_client.schemas import PendingSuggestion, PendingSuggestions, Renewal, SuggestRequest, SuggestResponse
from fastapi import APIRouter, Request, status
from pydantic_core import to_json
from starlette.responses import Response

from app.api import asking, wire
from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedPredictor
from app.api.studies import StudyName
from app.domain.errors import (
    InvalidArchitectureError,
    StoreError,
    SuggestionExpiredError,
    SuggestionNotFoundError,
    UnknownMetricError,
    UnknownStudyError,
)
from app.domain.suggestion import Suggestion
from app.predictor.requests import Suggested, SuggestionAnswer, SuggestionQuery
from app.proximity.acquisition import Constraint, Strategy

router = APIRouter(tags=["suggestions"], route_class=JsonRoute)

_ONE = (UnknownStudyError, SuggestionNotFoundError, SuggestionExpiredError, StoreError, *BUSY_PROBLEMS)


@router.post(
    "/suggest",
    response_model=SuggestResponse,
    responses=documented(
        *BODY_PROBLEMS, UnknownStudyError, UnknownMetricError, InvalidArchitectureError, StoreError, *BUSY_PROBLEMS
    ),
    openapi_extra=asking.DOCUMENTED,
)
async def suggest(request: SuggestRequest, predictor: LoadedPredictor, http: Request) -> Response:
    """Suggest what to train next: the best of the candidates, or of fresh ones.

    Never what was observed or is suggested to a worker already. The answer comes when the promise is durable.
    With `reserve` false none is made: it is a look at what would be suggested now.
    """
    noted = asking.asked(http.scope)
    noted.about(request.study, request.n)
    noted.looks = not request.reserve
    noted.worker = request.worker or noted.worker
    answer = await predictor.suggestions.suggest(_query(request))
    noted.items = len(answer.suggested)
    return Response(to_json(_body(request, answer)), media_type="application/json")


@router.get("/studies/{name}/suggestions", responses=documented(INVALID, UnknownStudyError, *BUSY_PROBLEMS))
async def pending(name: StudyName, predictor: LoadedPredictor) -> PendingSuggestions:
    """The suggestions that are neither observed nor expired, oldest first."""
    found = await predictor.suggestions.pending(name)
    return PendingSuggestions(suggestions=[PendingSuggestion(**_suggestion(each)) for each in found])


@router.patch("/studies/{name}/suggestions/{suggestion_id}", responses=documented(*BODY_PROBLEMS, *_ONE))
async def renew(name: StudyName, suggestion_id: str, renewal: Renewal, predictor: LoadedPredictor) -> PendingSuggestion:
    """Give a worker more time for what it was suggested."""
    expires_in = timedelta(seconds=renewal.expires_in_seconds)
    return PendingSuggestion(**_suggestion(await predictor.suggestions.renew(name, suggestion_id, expires_in)))


@router.delete(
    "/studies/{name}/suggestions/{suggestion_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documented(INVALID, *_ONE),
)
async def give_back(name: StudyName, suggestion_id: str, predictor: LoadedPredictor) -> None:
    """Give a suggestion back that is not going to be trained: it may be suggested again."""
    await predictor.suggestions.give_back(name, suggestion_id)


def _query(request: SuggestRequest) -> SuggestionQuery:
    return SuggestionQuery(
        study=request.study,
        n=request.n,
        worker=request.worker,
        candidates=request.candidates,
        proxies=request.proxies,
        n_generated=request.generate,
        strategy=Strategy(request.strategy),
        metrics=request.metrics,
        constraints={name: Constraint(b.at_least, b.at_most) for name, b in request.constraints.items()},
        expires_in=timedelta(seconds=request.expires_in_seconds),
        reserve=request.reserve,
        seed=request.seed,
    )


def _body(request: SuggestRequest, answer: SuggestionAnswer) -> dict[str, Any]:
    return {
        "study": request.study,
        "revision": answer.revision,
        "encoder": answer.encoder,
        "strategy": request.strategy,
        "suggestions": [_suggested(each) for each in answer.suggested],
        "errors": [{"index": index, "detail": detail} for index, detail in answer.invalid.items()],
    }


def _suggested(each: Suggested) -> dict[str, Any]:
    expected = each.prediction
    return {
        **_suggestion(each.suggestion),
        **({} if each.reserved else {"suggestion_id": None}),
        "novelty": expected.novelty if expected else None,
        "metrics": {name: wire.estimate(found) for name, found in expected.metrics.items()} if expected else {},
        "acquisition": each.acquisition,
        "feasibility": each.feasible,
    }


def _suggestion(each: Suggestion) -> dict[str, Any]:
    return {
        "suggestion_id": each.suggestion_id,
        "architecture_id": each.architecture_id,
        "architecture": each.notation,
        "origin": each.origin.value,
        "worker": each.worker,
        "created_at": each.created_at,
        "expires_at": each.expires_at,
    }
