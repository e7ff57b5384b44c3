"""`GET /studies/{name}/activity`."""

import time
from datetime import UTC, datetime

from emprox_client import schemas
from fastapi import APIRouter, Request

from app.api.access import key_of
from app.api.json_body import JsonRoute
from app.api.problems import BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedDashboard, LoadedPredictor
from app.api.studies import StudyName
from app.dashboard.activity import Activity, Failure, Kind, StudyActivity, WorkerActivity
from app.domain.errors import StoreError, UnknownStudyError

router = APIRouter(tags=["page"], route_class=JsonRoute)


@router.get("/studies/{name}/activity", responses=documented(INVALID, UnknownStudyError, StoreError, *BUSY_PROBLEMS))
async def activity(
    name: StudyName, predictor: LoadedPredictor, dashboard: LoadedDashboard, request: Request
) -> schemas.StudyActivity:
    """Who observes and asks, how fast, and what failed, since the server started.

    A worker is who is named in an observation or a suggestion, else in the header `EmProx-Worker`, else the client's
    address. Requests with the header `EmProx-Look: 1`, as those of the page, are no activity. A request whose body
    cannot be read, or that names no study that there is, is among the failures of every study, but not for
    a key that is bound to studies.
    """
    await predictor.views.glance(name)  # there is such a study
    key = key_of(request.scope)
    return _told(name, dashboard.activity, time.time(), of_none=key is None or key.studies is None)


def _told(name: str, activity: Activity, now: float, *, of_none: bool) -> schemas.StudyActivity:
    found = activity.of(name)
    minutes, items = found.per_minute(now)
    return schemas.StudyActivity(
        study=name,
        since=activity.since,
        minutes=schemas.ActivityMinutes(
            minute=[_time(minute * 60) for minute in minutes],
            observed=items[Kind.OBSERVE],
            predicted=items[Kind.PREDICT],
            suggested=items[Kind.SUGGEST],
        ),
        kinds={kind.value: _kind(found, kind, now) for kind in Kind},
        workers=[_worker(name, each) for name, each in reversed(found.workers.items())],
        failures=[_failure(each) for each in activity.failures(name, of_none=of_none)],
    )


def _kind(found: StudyActivity, kind: Kind, now: float) -> schemas.KindActivity:
    counted = found.of_kind(kind, now)
    return schemas.KindActivity(
        requests=counted.requests,
        items=counted.items,
        failed=counted.failed,
        median_ms=counted.median_ms,
        p99_ms=counted.p99_ms,
    )


def _worker(name: str | None, each: WorkerActivity) -> schemas.WorkerActivity:
    return schemas.WorkerActivity(
        worker=name,
        observed=each.items[Kind.OBSERVE],
        predicted=each.items[Kind.PREDICT],
        suggested=each.items[Kind.SUGGEST],
        failed=each.failed,
        last_seen=_time(each.last_seen),
    )


def _failure(each: Failure) -> schemas.RequestFailure:
    return schemas.RequestFailure(
        at=_time(each.at),
        route=each.route,
        status=each.status,
        type=each.type,
        detail=each.detail,
        worker=each.worker,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
