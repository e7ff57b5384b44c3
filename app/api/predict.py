"""`POST /predict`."""

from emprox_client.schemas import PredictRequest, PredictResponse
from fastapi import APIRouter, Request, status
from starlette.responses import Response
from starlette.types import Scope

from app.api import asking, prediction_json, wire
from app.api.as_written import WrittenRequest, as_written
from app.api.json_body import JsonRoute, decoded
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, documented
from app.api.service import LoadedPredictor
from app.api.straight import StraightRoute
from app.domain.errors import NoObservationsError, RevisionNotReachedError, UnknownMetricError, UnknownStudyError
from app.predictor.predictor import Predictor

router = APIRouter(tags=["estimates"], route_class=JsonRoute)

_PROBLEMS = documented(
    *BODY_PROBLEMS,
    UnknownStudyError,
    UnknownMetricError,
    NoObservationsError,
    RevisionNotReachedError,
    *BUSY_PROBLEMS,
)


@router.post("/predict", response_model=PredictResponse, responses=_PROBLEMS, openapi_extra=asking.DOCUMENTED)
async def predict(request: PredictRequest, predictor: LoadedPredictor, http: Request) -> Response:
    """Estimate candidates from the study's nearest trained architectures.

    One bad candidate does not fail the others: it gets an `error` in its place.
    """
    return Response(await _answer(request, predictor, http.scope), media_type="application/json")


async def _answer(request: PredictRequest, predictor: Predictor, scope: Scope) -> bytes:
    asking.asked(scope).about(request.study, len(request.candidates))
    answer = await predictor.predict(wire.query(request))
    return prediction_json.written(request, answer)


def _read(body: bytes) -> tuple[object, type[PredictRequest]]:
    found = as_written(body)
    return (decoded(body), PredictRequest) if found is None else (found, WrittenRequest)


STRAIGHT = StraightRoute(_read, status.HTTP_200_OK, _answer, Predictor.check_room_to_predict)
