"""`PUT`, `GET` and `DELETE /studies`."""

from typing import Annotated

from emprox_client.schemas import Metric, Studies, Study, StudyDeclaration
from fastapi import APIRouter, Path, Request, Response, status

from app.api import wire
from app.api.access import may_see
from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedDashboard, LoadedPredictor
from app.domain.errors import (
    InvalidStudyError,
    StoreError,
    StudyConflictError,
    UnknownSpaceError,
    UnknownStudyError,
)

router = APIRouter(prefix="/studies", tags=["studies"], route_class=JsonRoute)

StudyName = Annotated[str, Path(pattern=r"^[a-z0-9._-]{1,64}$", description="1 to 64 of `a-z 0-9 . _ -`.")]


@router.put(
    "/{name}",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": Study, "description": "The study was there, declared in the same way."},
        **documented(
            *BODY_PROBLEMS, InvalidStudyError, UnknownSpaceError, StudyConflictError, StoreError, *BUSY_PROBLEMS
        ),
    },
)
async def declare(
    name: StudyName, declaration: StudyDeclaration, predictor: LoadedPredictor, response: Response
) -> Study:
    """Declare a study: its search space and its metrics. Repeating a declaration is harmless."""
    created = await predictor.declare(wire.study(name, declaration))
    response.status_code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
    return wire.described(await predictor.describe(name))


@router.post(
    "/{name}/metrics",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": Study, "description": "The metric was there, declared in the same way."},
        **documented(
            *BODY_PROBLEMS, UnknownStudyError, InvalidStudyError, StudyConflictError, StoreError, *BUSY_PROBLEMS
        ),
    },
)
async def add_metric(name: StudyName, metric: Metric, predictor: LoadedPredictor, response: Response) -> Study:
    """Let a living study record another metric. Repeating a declaration is harmless."""
    created = await predictor.add_metric(name, wire.metric(metric))
    response.status_code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
    return wire.described(await predictor.describe(name))


@router.delete(
    "/{name}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documented(INVALID, UnknownStudyError, StoreError, *BUSY_PROBLEMS),
)
async def delete(name: StudyName, predictor: LoadedPredictor, dashboard: LoadedDashboard) -> None:
    """Delete a study with all its observations and its audit log, for good: `emprox export` keeps a copy."""
    await predictor.delete(name)
    dashboard.activity.forget(name)


@router.get("", responses=documented(*BUSY_PROBLEMS))
async def list_studies(predictor: LoadedPredictor, request: Request) -> Studies:
    """All studies that the key is for, by name."""
    found = [wire.described(each) for each in await predictor.describe_all()]
    return Studies(studies=[each for each in found if may_see(request.scope, each.name)])


@router.get("/{name}", responses=documented(INVALID, UnknownStudyError, *BUSY_PROBLEMS))
async def describe(name: StudyName, predictor: LoadedPredictor) -> Study:
    """One study at a glance."""
    return wire.described(await predictor.describe(name))
