"""`POST /predict`."""

from emprox_client.schemas import PredictRequest, PredictResponse
from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response

from app.api import wire
from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, documented
from app.api.service import LoadedPredictor
from app.domain.errors import NoObservationsError, RevisionNotReachedError, UnknownMetricError, UnknownStudyError

router = APIRouter(tags=["estimates"], route_class=JsonRoute)

_PROBLEMS = documented(
    *BODY_PROBLEMS,
    UnknownStudyError,
    UnknownMetricError,
    NoObservationsError,
    RevisionNotReachedError,
    *BUSY_PROBLEMS,
)


@router.post("/predict", response_model=PredictResponse, responses=_PROBLEMS)
async def predict(request: PredictRequest, predictor: LoadedPredictor) -> Response:
    """Estimate candidates from the study's nearest trained architectures.

    One bad candidate does not fail the others: it gets an `error` in its place.
    """
    answer = await predictor.predict(wire.query(request))
    return Response(to_json(wire.prediction_body(request, answer)), media_type="application/json")
