"""`GET /studies/{name}/map`."""

from collections.abc import Sequence
from typing import Annotated, Any

from emprox_client.schemas import StudyMap
from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response

from app.api.columns import MetricName, nullable, shown_metric
from app.api.json_body import JsonRoute
from app.api.problems import BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedDashboard
from app.api.studies import StudyName
from app.dashboard.map import Kind, Map
from app.domain.errors import StoreError, UnknownMetricError, UnknownStudyError
from app.proximity.kernel import FloatArray

router = APIRouter(tags=["page"], route_class=JsonRoute)

_DIGITS = 4  # of coordinates, which are some units apart


@router.get(
    "/studies/{name}/map",
    response_model=StudyMap,
    responses=documented(INVALID, UnknownStudyError, UnknownMetricError, StoreError, *BUSY_PROBLEMS),
)
async def study_map(
    name: StudyName,
    dashboard: LoadedDashboard,
    metric: MetricName = None,
    projection: Annotated[Kind, Query(description="How many dimensions become two.")] = Kind.PCA,
    limit: Annotated[int, Query(ge=100, le=10_000, description="Architectures at most.")] = 3000,
) -> Response:
    """The trained architectures in two dimensions, over a sample of the search space.

    Distances are those that the estimates of this metric see. The projection is fitted to the space and not to the
    observations, so that points stay where they are until scales are fitted again. Where there are more architectures
    than `limit`, the newest and the best are told, and a uniform sample of the others.

    UMAP takes tens of seconds, beside the answers: until then the map is by PCA, or by an earlier UMAP, and `pending`
    says that another one comes.
    """
    body = await dashboard.maps.draw(
        name, metric, projection, limit, lambda found: to_json(_body(found, dashboard.maps.kinds))
    )
    return Response(body, media_type="application/json")


def _body(found: Map, kinds: Sequence[Kind]) -> dict[str, Any]:
    shown = found.shown
    return {
        "study": found.sight.study,
        "revision": found.revision,
        "encoder": found.sight.encoding.encoder.version,
        "metric": shown_metric(found.sight.metric),
        "projection": found.kind.value,
        "projections": [kind.value for kind in kinds],
        "pending": found.pending and found.pending.value,
        "explained": found.explained,
        "architectures": found.architectures,
        "shown": len(shown),
        "points": {
            "architecture_id": shown.names,
            **_places(found.places),
            "value": nullable(shown.values),
            "trainings": shown.trainings.tolist(),
            "failed": shown.failed.tolist(),
            "newest": shown.revisions.tolist(),
        },
        "space": _places(found.space),
    }


def _places(places: FloatArray) -> dict[str, list[float]]:
    x, y = places.round(_DIGITS).T.tolist()
    return {"x": x, "y": y}
