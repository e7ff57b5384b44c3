"""`POST /observe`."""

from collections import Counter

from emprox_client.schemas import ObserveRequest, ObserveResponse
from fastapi import APIRouter, Request, status

from app.api import asking, wire
from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, documented
from app.api.service import LoadedPredictor
from app.domain.errors import InvalidObservationsError, ObservationConflictError, StoreError, UnknownStudyError

router = APIRouter(tags=["estimates"], route_class=JsonRoute)

_PROBLEMS = documented(
    *BODY_PROBLEMS,
    UnknownStudyError,
    InvalidObservationsError,
    ObservationConflictError,
    StoreError,
    *BUSY_PROBLEMS,
)


@router.post("/observe", status_code=status.HTTP_201_CREATED, responses=_PROBLEMS, openapi_extra=asking.DOCUMENTED)
async def observe(request: ObserveRequest, predictor: LoadedPredictor, http: Request) -> ObserveResponse:
    """Store trained architectures; the answer comes when they are durable, and the next prediction counts them.

    All or nothing: where one is invalid none is stored, and `errors` names the index of each. Sending an
    `observation_id` again with the same content is harmless; with another content it is a conflict.
    """
    noted = asking.asked(http.scope)
    by = Counter(observation.worker or noted.worker for observation in request.observations)
    noted.about(request.study, len(request.observations), by)
    observations = [wire.new_observation(observation) for observation in request.observations]
    return wire.observe_response(request.study, await predictor.observe(request.study, observations))
