"""What a study holds, corrections of it, and how good its estimates have been."""

from typing import Annotated, Literal

from emprox_client.schemas import (
    Amendment,
    Corrections,
    CorrectionsRequest,
    CorrectionsResponse,
    ObservationRecord,
    Observations,
    Restoration,
    StudyQuality,
)
from fastapi import APIRouter, Path, Query
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from app.api import record_stream, record_wire
from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedPredictor
from app.api.studies import StudyName
from app.domain.correction import Action
from app.domain.errors import InvalidCorrectionsError, ObservationNotFoundError, StoreError, UnknownStudyError
from app.domain.observation import Status
from app.predictor.predictor import Predictor
from app.predictor.requests import NewCorrection
from app.predictor.store import ObservationFilter

router = APIRouter(prefix="/studies/{name}", tags=["observations"], route_class=JsonRoute)

ObservationId = Annotated[str, Path(max_length=200, description="The worker's own id, or the one that was answered.")]
# As in a body: a file that holds a NUL cannot be imported again.
Actor = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="Who corrects.")]
Reason = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="Why.")]

_READING = documented(INVALID, UnknownStudyError, StoreError, *BUSY_PROBLEMS)
_CORRECTING = documented(
    *BODY_PROBLEMS, UnknownStudyError, ObservationNotFoundError, InvalidCorrectionsError, StoreError, *BUSY_PROBLEMS
)


@router.get("/observations", response_model=Observations, responses=_READING | {200: record_stream.DOCUMENTED})
async def observations(
    request: Request,
    name: StudyName,
    predictor: LoadedPredictor,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    cursor: Annotated[int | None, Query(ge=0, lt=2**63, description="Of the page before.")] = None,
    architecture_id: Annotated[str | None, Query(max_length=200)] = None,
    worker: Annotated[str | None, Query(max_length=200)] = None,
    status: Literal["completed", "failed"] | None = None,
    retracted: Annotated[
        Literal["without", "only", "with"], Query(description="Whether retracted observations are among them.")
    ] = "without",
    as_of: Annotated[
        int | None, Query(ge=0, lt=2**63, description="The observations of this revision, as they were then.")
    ] = None,
) -> Response:
    """A page of observations, newest first; or all of them, oldest first, as a stream of CSV or NDJSON.

    `Accept: text/csv` and `Accept: application/x-ndjson` ask for the stream, whatever `limit` and `cursor`. It has the
    records of `emprox export`, with their corrections, and `emprox import` restores it.
    """
    wanted = ObservationFilter(
        architecture_id,
        worker,
        Status(status) if status else None,
        {"without": False, "only": True, "with": None}[retracted],
        as_of,
    )
    if (kind := record_stream.asked_for(request.headers.get("accept", ""))) is not None:
        return await record_stream.stream(predictor, name, kind, wanted, request.scope)
    page = await predictor.records.page(name, wanted, cursor, limit)
    body = {"observations": [record_wire.observation(each) for each in page.observations], "cursor": page.cursor}
    return Response(to_json(body), media_type="application/json")


@router.get(
    "/observations/{observation_id}",
    response_model=ObservationRecord,
    responses=_READING | documented(ObservationNotFoundError),
)
async def observation(name: StudyName, observation_id: ObservationId, predictor: LoadedPredictor) -> Response:
    """One observation as it is now; `/corrections?observation_id=` tells what it was."""
    found = await predictor.records.observation(name, observation_id)
    return Response(to_json(record_wire.observation(found)), media_type="application/json")


@router.patch("/observations/{observation_id}", responses=_CORRECTING)
async def amend(
    name: StudyName, observation_id: ObservationId, amendment: Amendment, predictor: LoadedPredictor
) -> CorrectionsResponse:
    """Amend an observation: each field that is given replaces the old one as a whole.

    What it was stays in the audit log. The answer comes when it is durable and the next prediction knows of it.
    """
    return await _correct(predictor, name, [record_wire.amendment(observation_id, amendment)])


@router.delete("/observations/{observation_id}", responses=_CORRECTING)
async def retract(
    name: StudyName,
    observation_id: ObservationId,
    predictor: LoadedPredictor,
    actor: Actor = None,
    reason: Reason = None,
) -> CorrectionsResponse:
    """Retract an observation: it does not count any more, stays in the audit log, and can be restored."""
    return await _correct(predictor, name, [NewCorrection(observation_id, Action.RETRACT, actor, reason)])


@router.post("/observations/{observation_id}/restore", responses=_CORRECTING)
async def restore(
    name: StudyName, observation_id: ObservationId, restoration: Restoration, predictor: LoadedPredictor
) -> CorrectionsResponse:
    """Let an observation that was retracted count again."""
    return await _correct(
        predictor, name, [NewCorrection(observation_id, Action.RESTORE, restoration.actor, restoration.reason)]
    )


@router.post("/corrections", responses=_CORRECTING)
async def correct(name: StudyName, request: CorrectionsRequest, predictor: LoadedPredictor) -> CorrectionsResponse:
    """Make several corrections as one change of the study: all or nothing."""
    return await _correct(predictor, name, [record_wire.correction(each) for each in request.corrections])


@router.get("/corrections", responses=_READING)
async def corrections(
    name: StudyName,
    predictor: LoadedPredictor,
    observation_id: Annotated[str | None, Query(max_length=200, description="Of this observation alone.")] = None,
) -> Corrections:
    """The audit log: what was corrected, by whom, when and why, oldest entry first."""
    return record_wire.corrections(await predictor.records.corrections(name, observation_id))


@router.get("/quality", responses=_READING)
async def quality(
    name: StudyName,
    predictor: LoadedPredictor,
    last: Annotated[int, Query(ge=2, le=100_000, description="Predictions in the recent window.")] = 100,
) -> StudyQuality:
    """How good the estimates have been: at each observation the service notes what it would have predicted.

    A Kendall tau near that of the guess `nearest` says that the estimates are worth no more than the most similar
    architecture's value.
    """
    found = await predictor.records.quality(name, last)
    # A metric that is being added may be in the store already, and not yet in the study.
    calibration = dict.fromkeys(found, 1.0) | dict((await predictor.describe(name)).calibration)
    return StudyQuality(
        study=name,
        last=last,
        metrics={metric: record_wire.metric_quality(each, calibration[metric]) for metric, each in found.items()},
    )


async def _correct(predictor: Predictor, name: str, corrections: list[NewCorrection]) -> CorrectionsResponse:
    corrected = await predictor.corrections.correct(name, corrections)
    return CorrectionsResponse(study=name, revision=corrected.revision, changed=list(corrected.created))
