"""`GET /studies/{name}/outcomes`."""

from typing import Annotated, Any

from emprox_client.schemas import StudyOutcomes
from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response

from app.api.columns import MetricName, nullable, shown_metric
from app.api.json_body import JsonRoute
from app.api.problems import BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedPredictor
from app.api.studies import StudyName
from app.domain.errors import StoreError, UnknownMetricError, UnknownStudyError
from app.predictor.records import Predicted

router = APIRouter(tags=["page"], route_class=JsonRoute)


@router.get(
    "/studies/{name}/outcomes",
    response_model=StudyOutcomes,
    responses=documented(INVALID, UnknownStudyError, UnknownMetricError, StoreError, *BUSY_PROBLEMS),
)
async def outcomes(
    name: StudyName,
    predictor: LoadedPredictor,
    metric: MetricName = None,
    last: Annotated[int, Query(ge=1, le=5000, description="How many at most.")] = 500,
) -> Response:
    """What was predicted and what came, newest last: the numbers behind `GET /studies/{name}/quality`.

    Trainings of architectures that had been trained before are left out: they are no test of a prediction.
    """
    return Response(
        to_json(_body(name, await predictor.records.predicted(name, metric), last)), media_type="application/json"
    )


def _body(name: str, found: Predicted, last: int) -> dict[str, Any]:
    n = len(found.outcomes)
    shown = found.outcomes.part(slice(max(0, n - last), n))
    return {
        "study": name,
        "revision": found.revision,
        "metric": shown_metric(found.metric),
        "predictions": n,
        "shown": len(shown),
        "points": {
            "revision": shown.revision.tolist(),
            "measured": shown.value.tolist(),
            "predicted": shown.score.tolist(),
            "lower": nullable(shown.lower),
            "upper": nullable(shown.upper),
        },
    }
