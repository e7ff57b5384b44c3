"""`GET /encoders` and `/studies/{name}/encoder`."""

from emprox_client.schemas import (
    EncoderComparison,
    EncoderSwitch,
    EncoderVersion,
    EncoderVersions,
    StudyEncoder,
    SwitchRequest,
)
from fastapi import APIRouter, status

from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedPredictor
from app.api.studies import StudyName
from app.domain.errors import StoreError, SwitchUnderWayError, UnknownEncoderError, UnknownStudyError
from app.predictor.ports import EncoderTarget
from app.predictor.switch import ServingEncoder, Switch

router = APIRouter(tags=["encoders"], route_class=JsonRoute)

_NEWEST = "newest"


@router.get("/encoders", responses=documented(*BUSY_PROBLEMS))
async def versions(predictor: LoadedPredictor) -> EncoderVersions:
    """The trained encoders of all search spaces, newest first."""
    return EncoderVersions(
        encoders=[
            EncoderVersion(version=f"{space}/{version}", space=space, newest=i == 0 and version.isdecimal())
            for space, known in predictor.encoders.versions().items()
            for i, version in enumerate(known)
        ]
    )


@router.get("/studies/{name}/encoder", responses=documented(INVALID, UnknownStudyError, StoreError, *BUSY_PROBLEMS))
async def encoder(name: StudyName, predictor: LoadedPredictor) -> StudyEncoder:
    """The encoder of a study, and how far a switch to another one is."""
    return _encoder(name, await predictor.encoders.serving(name))


@router.post(
    "/studies/{name}/encoder",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(
        *BODY_PROBLEMS, UnknownStudyError, UnknownEncoderError, SwitchUnderWayError, StoreError, *BUSY_PROBLEMS
    ),
)
async def switch(name: StudyName, request: SwitchRequest, predictor: LoadedPredictor) -> StudyEncoder:
    """Switch a study to another version of its encoder, or back.

    The observations are embedded anew beside the answers, both encoders are compared on them, and then the new one
    serves from one answer to the next. `GET` tells how far it is. A server that stops meanwhile goes on at its start.
    """
    version = None if request.version == _NEWEST else request.version
    space = (await predictor.describe(name)).study.space
    if version is not None:
        of_space, _, version = version.partition("/")
        if of_space != space:
            raise UnknownEncoderError(
                f"encoder {request.version!r} is of another search space: study {name!r} is of {space!r}"
            )
    target = EncoderTarget(version, request.only_if_better)
    return _encoder(name, await predictor.encoders.switch(name, target, compare_only=request.compare_only))


def _encoder(name: str, serving: ServingEncoder) -> StudyEncoder:
    return StudyEncoder(
        study=name,
        version=serving.version,
        kind=serving.kind,
        follows_newest=serving.follows_newest,
        switch=_switch(serving.switch) if serving.switch else None,
    )


def _switch(switch: Switch) -> EncoderSwitch:
    return EncoderSwitch(
        version=switch.version,
        stage=switch.stage.value,
        embedded=switch.embedded,
        total=switch.total,
        comparison={
            metric: EncoderComparison(n=each.n, kendall_tau_before=each.before, kendall_tau_after=each.after)
            for metric, each in switch.comparison.items()
        },
        error=switch.error,
    )
