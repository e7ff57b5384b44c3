"""`/studies/{name}/observations`, `/studies/{name}/corrections` and `/studies/{name}/quality`."""

from datetime import datetime
from typing import Annotated, Any, Literal, Optional

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from emprox_client.schemas.fields import (
    CELL,
    CELL_ID,
    MAX_BATCH,
    OBSERVATION_ID,
    FlatObject,
    Measured,
    Name,
    Notation,
    Proxies,
    Seed,
    Text,
    Wire,
)
from emprox_client.schemas.prediction import Estimate

_RECORD: dict[str, Any] = {
    "observation_id": OBSERVATION_ID,
    "architecture_id": CELL_ID,
    "architecture": CELL,
    "revision": 129,
    "observed_at": "2026-11-24T08:00:00Z",
    "status": "completed",
    "metrics": {"val_accuracy": 90.3},
    "predicted": {"val_accuracy": {"score": 92.8, "std": 0.5, "lower": 91.9, "upper": 93.5}},
    "proxies": {},
    "fidelity": {"epochs": 200},
    "seed": 777,
    "worker": "gpu-7",
    "metadata": {},
    "retracted": False,
}

Metrics = Annotated[dict[Name, Measured], Field(max_length=32)]


class ObservationRecord(Wire):
    """An observation as it is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECORD]})

    observation_id: str
    architecture_id: str
    architecture: Notation
    revision: int = Field(description="Of the study, from which on it counts.")
    observed_at: datetime
    status: Literal["completed", "failed"]
    metrics: dict[str, float]
    predicted: dict[str, Estimate] = Field(
        description="By metric: what the service would have said a moment before it was observed."
    )
    proxies: dict[str, float]
    fidelity: dict[str, Any]
    seed: Optional[int]
    worker: Optional[str]
    metadata: dict[str, Any]
    retracted: bool = Field(description="Whether it was found wrong, and does not count.")


class Observations(Wire):
    """A page of observations, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"observations": [_RECORD], "cursor": 4711}]},
    )

    observations: list[ObservationRecord]
    cursor: Optional[int] = Field(description="Send it as `cursor` for the next page; null on the last one.")


class Signed(Wire):
    """Who corrects, and why."""

    actor: Optional[Text] = Field(None, description="Who corrects.")
    reason: Optional[Text] = Field(None, description="Why.")


class Amendment(Signed):
    """New values for some fields of an observation; each replaces the old one as a whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"metrics": {"val_accuracy": 93.2}, "actor": "mara", "reason": "evaluated on the wrong split"}]
        }
    )

    architecture: Optional[Notation] = Field(None, description="What was really trained.")
    metrics: Optional[Metrics] = None
    status: Optional[Literal["completed", "failed"]] = None
    proxies: Optional[Proxies] = None
    fidelity: Optional[FlatObject] = None
    seed: Optional[Seed] = Field(None, description="Null removes it.")
    worker: Optional[Text] = Field(None, description="Null removes it.")
    metadata: Optional[FlatObject] = None

    @model_validator(mode="after")
    def _amends(self) -> "Amendment":
        if not self.model_fields_set - Signed.model_fields.keys():
            raise PydanticCustomError(
                "nothing_to_amend",
                "Nothing to amend: give at least one of architecture, metrics, status, proxies, fidelity, seed, "
                "worker, metadata",
            )
        return self


class Restoration(Signed):
    """An observation that was retracted counts again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"actor": "mara", "reason": "it was sound after all"}]})


class CorrectionItem(Signed):
    """One of several corrections."""

    observation_id: Text
    action: Literal["amend", "retract", "restore"]
    amendment: Optional[Amendment] = Field(None, description="With `amend`, and only then.")

    @model_validator(mode="after")
    def _amendment_where_it_amends(self) -> "CorrectionItem":
        if (self.action == "amend") != (self.amendment is not None):
            raise PydanticCustomError("amendment", "An amendment is what an amend takes, and only an amend")
        return self


class CorrectionsRequest(Wire):
    """Corrections to make: all of them or, where one is wrong, none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "corrections": [
                        {
                            "observation_id": OBSERVATION_ID,
                            "action": "retract",
                            "actor": "mara",
                            "reason": "gpu-7 trained on a broken data set",
                        }
                    ]
                }
            ]
        }
    )

    corrections: list[CorrectionItem] = Field(min_length=1, max_length=MAX_BATCH)


class CorrectionsResponse(Wire):
    """What became of corrections, in their order; all are durable and count from the next prediction on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"study": "default", "revision": 130, "changed": [True]}]}
    )

    study: str
    revision: int
    changed: list[bool] = Field(description="False where a correction changed nothing, as on a retry.")


class Correction(Wire):
    """An entry of the audit log."""

    revision: int = Field(description="Of the study, from which on it counts.")
    action: Literal["amend", "retract", "restore"]
    actor: Optional[str]
    reason: Optional[str]
    corrected_at: datetime
    before: ObservationRecord = Field(description="The observation as it was.")


class Corrections(Wire):
    """The audit log, oldest entry first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "corrections": [
                        {
                            "revision": 130,
                            "action": "retract",
                            "actor": "mara",
                            "reason": "gpu-7 trained on a broken data set",
                            "corrected_at": "2026-11-24T09:00:00Z",
                            "before": _RECORD,
                        }
                    ]
                }
            ]
        }
    )

    corrections: list[Correction]


class PredictionQuality(Wire):
    """How well predictions agreed with what was measured afterwards.

    Repeats of an architecture that was trained before are left out: they are no test of a prediction.
    """

    n: int = Field(description="How many predictions.")
    kendall_tau: Optional[float] = Field(
        description="Between predicted and measured; null where nothing can be ranked."
    )
    mean_absolute_error: Optional[float] = Field(description="In the metric's unit.")
    coverage: Optional[float] = Field(description="Share of the measured values within their 90 % interval.")
    nearest_kendall_tau: Optional[float] = Field(
        description="Of a trivial guess: the value of the nearest architecture that had been observed."
    )
    nearest_mean_absolute_error: Optional[float] = Field(description="Of the same guess.")


class CurvePoint(PredictionQuality):
    """The quality within a window that ends at a revision."""

    revision: int


class MetricQuality(Wire):
    """The live quality of one metric."""

    overall: PredictionQuality
    recent: PredictionQuality = Field(description="Over the last `last` predictions.")
    curve: list[CurvePoint] = Field(description="Over time, of windows of `last` predictions; at most 50 points.")
    repeats: int = Field(description="Observations of architectures that had been trained before, left out above.")
    calibration: float = Field(
        description="By what error bars are multiplied now, because earlier ones were too narrow (above 1) or wide."
    )


class StudyQuality(Wire):
    """How good the estimates of a study have been: each was noted before its value was known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "last": 100,
                    "metrics": {
                        "val_accuracy": {
                            "overall": {
                                "n": 480,
                                "kendall_tau": 0.81,
                                "mean_absolute_error": 0.7,
                                "coverage": 0.9,
                                "nearest_kendall_tau": 0.66,
                                "nearest_mean_absolute_error": 1.3,
                            },
                            "recent": {
                                "n": 100,
                                "kendall_tau": 0.83,
                                "mean_absolute_error": 0.6,
                                "coverage": 0.91,
                                "nearest_kendall_tau": 0.7,
                                "nearest_mean_absolute_error": 1.1,
                            },
                            "curve": [],
                            "repeats": 12,
                            "calibration": 1.03,
                        }
                    },
                }
            ]
        }
    )

    study: str
    last: int
    metrics: dict[str, MetricQuality]
