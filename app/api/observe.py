"""`POST /observe`."""

from collections import Counter

from emprox_client.schemas import ObserveRequest, ObserveResponse
from fastapi import APIRouter, Request, status
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Scope

from app.api import asking, wire
from app.api.json_body import JsonRoute, decoded
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, documented
from app.api.service import LoadedPredictor
from app.api.straight import StraightRoute
from app.domain.errors import InvalidObservationsError, ObservationConflictError, StoreError, UnknownStudyError
from app.predictor.predictor import Predictor

router = APIRouter(tags=["estimates"], route_class=JsonRoute)

_PROBLEMS = documented(
    *BODY_PROBLEMS,
    UnknownStudyError,
    InvalidObservationsError,
    ObservationConflictError,
    StoreError,
    *BUSY_PROBLEMS,
)


@router.post(
    "/observe",
    status_code=status.HTTP_201_CREATED,
    response_model=ObserveResponse,
    responses=_PROBLEMS,
    openapi_extra=asking.DOCUMENTED,
)
async def observe(request: ObserveRequest, predictor: LoadedPredictor, http: Request) -> Response:
    """Store trained architectures; the answer comes when they are durable, and the next prediction counts them.

    All or nothing: where one is invalid none is stored, and `errors` names the index of each. Sending an
    `observation_id` again with the same content is harmless; with another content it is a conflict.
    """
    answer = await _answer(request, predictor, http.scope)
    return Response(answer, status.HTTP_201_CREATED, media_type="application/json")


async def _answer(request: ObserveRequest, predictor: Predictor, scope: Scope) -> bytes:
    noted = asking.asked(scope)
    by = Counter(observation.worker or noted.worker for observation in request.observations)
    noted.about(request.study, len(request.observations), by)
    observations = [wire.new_observation(observation) for observation in request.observations]
    answer = await predictor.observe(request.study, observations)
    return to_json(wire.observe_body(request.study, answer))


def _read(body: bytes) -> tuple[object, type[ObserveRequest]]:
    return decoded(body), ObserveRequest


STRAIGHT = StraightRoute(_read, status.HTTP_201_CREATED, _answer, Predictor.check_room_to_observe)
