"""`GET /studies/{name}/progress`."""

from typing import Annotated, Any

from emprox_client.schemas import StudyProgress
from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response

from app.api.columns import MetricName, nullable, shown_metric, texts, times
from app.api.json_body import JsonRoute
from app.api.problems import BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedDashboard, LoadedPredictor
from app.api.studies import StudyName
from app.dashboard.progress import Progress
from app.dashboard.timeline import Timelines
from app.domain.errors import StoreError, UnknownMetricError, UnknownStudyError
from app.predictor.store import ObservationStore

router = APIRouter(tags=["page"], route_class=JsonRoute)


@router.get(
    "/studies/{name}/progress",
    response_model=StudyProgress,
    responses=documented(INVALID, UnknownStudyError, UnknownMetricError, StoreError, *BUSY_PROBLEMS),
)
async def progress(
    name: StudyName,
    predictor: LoadedPredictor,
    dashboard: LoadedDashboard,
    metric: MetricName = None,
    limit: Annotated[int, Query(ge=100, le=20_000, description="Points at most.")] = 4000,
) -> Response:
    """Every training over time, the best so far, and the workers; retracted observations are left out.

    Where there are more trainings than `limit`, an even sample of them is told, with the newest and with those at
    which the best so far improved.
    """

    def read(store: ObservationStore) -> bytes:
        return to_json(_body(name, _progress(dashboard.timelines, name, store, metric, limit)))

    return Response(await predictor.views.read(read), media_type="application/json")


def _progress(timelines: Timelines, name: str, store: ObservationStore, metric: str | None, limit: int) -> Progress:
    timeline = timelines.of(name, store)
    metrics = timeline.study.metrics
    return Progress.of(timeline, timeline.study.metric(metric or metrics[0].name), limit)


def _body(name: str, found: Progress) -> dict[str, Any]:
    timeline, shown, best = found.timeline, found.shown, found.best
    values = timeline.values(found.metric.name)
    place_of = {each.number: i for i, each in enumerate(found.workers)}
    last = times(timeline.observed_at[[each.last for each in found.workers]])
    return {
        "study": name,
        "revision": found.revision,
        "metric": shown_metric(found.metric),
        "observations": found.n,
        "failed": found.failed,
        "shown": len(shown),
        "points": {
            "number": (shown + 1).tolist(),
            "revision": timeline.revisions[shown].tolist(),
            "observed_at": times(timeline.observed_at[shown]),
            "architecture_id": texts(timeline.architecture_ids[shown]),
            "value": nullable(values[shown]),
            "failed": timeline.failed[shown].tolist(),
            "full": timeline.full[shown].tolist(),
            "worker": [place_of.get(number) for number in timeline.worker[shown].tolist()],
        },
        "best": {
            "number": (best + 1).tolist(),
            "observed_at": times(timeline.observed_at[best]),
            "value": values[best].tolist(),
            "architecture_id": texts(timeline.architecture_ids[best]),
        },
        "workers": [
            {
                "worker": timeline.workers[each.number],
                "observations": each.observations,
                "failed": each.failed,
                "last_observed_at": observed_at,
                "best": each.best,
            }
            for each, observed_at in zip(found.workers, last, strict=True)
        ],
        "workers_left_out": found.workers_left_out,
    }
