"""Between the wire and what is read of a study: observations, corrections and quality."""

from dataclasses import asdict
from typing import Any

from emprox_client import schemas

from app.domain.correction import Action, Corrected
from app.domain.observation import Observation, Status
from app.predictor.quality import MetricQuality, Quality
from app.predictor.requests import NewCorrection


def observation(observation: Observation) -> dict[str, Any]:
    """An `ObservationRecord` as plain objects."""
    return {
        "observation_id": observation.observation_id,
        "architecture_id": observation.architecture_id,
        "architecture": observation.notation,
        "revision": observation.revision,
        "observed_at": observation.observed_at,
        "status": observation.status.value,
        "metrics": dict(observation.metrics),
        "predicted": {name: asdict(each.estimate) for name, each in observation.expected.items()},
        "proxies": dict(observation.proxies),
        "fidelity": dict(observation.fidelity),
        "seed": observation.seed,
        "worker": observation.worker,
        "metadata": dict(observation.metadata),
        "retracted": observation.retracted,
    }


def corrections(entries: list[Corrected]) -> schemas.Corrections:
    """The audit log."""
    return schemas.Corrections(
        corrections=[
            schemas.Correction(
                revision=each.revision,
                action=each.action.value,
                actor=each.actor,
                reason=each.reason,
                corrected_at=each.corrected_at,
                before=schemas.ObservationRecord(**observation(each.before)),
            )
            for each in entries
        ]
    )


def correction(item: schemas.CorrectionItem) -> NewCorrection:
    """One of several corrections, as the predictor takes it."""
    if item.amendment is None:
        return NewCorrection(item.observation_id, Action(item.action), item.actor, item.reason)
    made = amendment(item.observation_id, item.amendment)
    return NewCorrection(
        made.observation_id,
        made.action,
        made.actor if item.actor is None else item.actor,
        made.reason if item.reason is None else item.reason,
        made.notation,
        made.changes,
    )


def amendment(observation_id: str, amended: schemas.Amendment) -> NewCorrection:
    """An amendment as the predictor takes it: null stands for no value where there may be none, else for no change."""
    given = amended.model_fields_set
    changes: dict[str, Any] = {name: getattr(amended, name) for name in ("seed", "worker") if name in given}
    for name in ("metrics", "proxies", "fidelity", "metadata"):
        if (value := getattr(amended, name)) is not None:
            changes[name] = value
    if amended.status is not None:
        changes["status"] = Status(amended.status)
    return NewCorrection(observation_id, Action.AMEND, amended.actor, amended.reason, amended.architecture, changes)


def metric_quality(quality: MetricQuality, calibration: float) -> schemas.MetricQuality:
    """The live quality of a metric."""
    return schemas.MetricQuality(
        overall=_quality(quality.overall),
        recent=_quality(quality.recent),
        curve=[schemas.CurvePoint(revision=revision, **asdict(point)) for revision, point in quality.curve],
        repeats=quality.repeats,
        calibration=calibration,
    )


def _quality(quality: Quality) -> schemas.PredictionQuality:
    return schemas.PredictionQuality(**asdict(quality))
