"""The record of an observation in a file: one type for all formats, checked when it is read.

The fields of the observation are as it is now; each correction has it as it was before, so that nothing is lost.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from emprox_client.schemas.fields import FlatObject, Measured, Name, Notation, Proxies, Seed, Text, Wire
from pydantic import AfterValidator, AwareDatetime, Field

Estimated = Annotated[float, Field(ge=-1e150, le=1e150)]  # wide of what is measured; its square is still finite
Revision = Annotated[int, Field(ge=0, le=2**53)]  # far more than there are, and far from what an integer column holds


def _utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"time {time} does not exist in UTC") from None


Time = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_utc)]


class ExpectationRecord(Wire):
    """What had been expected of a metric; see `app.domain.prediction.Expectation`."""

    score: Estimated
    std: Estimated | None = None
    lower: Estimated | None = None
    upper: Estimated | None = None
    nearest: Estimated
    deviation: Estimated | None = None
    known: Annotated[int, Field(ge=0, le=2**53)]


class ContentRecord(Wire):
    """All of an observation that a correction can change.

    Args:
        architecture_id: None to take what the search space computes.
    """

    architecture_id: str | None = None
    architecture: Notation
    status: Literal["completed", "failed"] = "completed"
    metrics: Annotated[dict[Name, Measured], Field(max_length=32)] = Field(default_factory=dict)
    fidelity: FlatObject = Field(default_factory=dict)
    proxies: Proxies = Field(default_factory=dict)
    seed: Seed | None = None
    worker: Text | None = None
    metadata: FlatObject = Field(default_factory=dict)
    retracted: bool = False
    expected: dict[Name, ExpectationRecord] = Field(default_factory=dict)


class CorrectionRecord(Wire):
    """A correction that was made; see `app.domain.correction.Corrected`."""

    revision: Revision
    action: Literal["amend", "retract", "restore"]
    actor: Text | None = None
    reason: Text | None = None
    corrected_at: Time
    before: ContentRecord


class Record(ContentRecord):
    """An observation and its corrections, oldest first."""

    observation_id: Annotated[Text, Field(min_length=1)]
    observed_at: Time
    revision: Annotated[Revision, Field(ge=1)] = 1
    corrections: list[CorrectionRecord] = Field(default_factory=list)


class MetricRecord(Wire):
    """A metric of a study."""

    name: Name
    direction: Literal["maximize", "minimize"] = "maximize"
    unit: Text = ""
    failure_value: Measured | None = None


class StudyRecord(Wire):
    """What a file says of the study whose observations it holds.

    Args:
        revision: at which it was exported.
        declaration: of its search space, where that was declared.
    """

    name: Name
    space: Name
    metrics: Annotated[list[MetricRecord], Field(min_length=1)]
    proxies: list[Name] = Field(default_factory=list)
    fidelity: dict[Name, Measured] = Field(default_factory=dict)
    revision: Revision = 0
    declaration: dict[str, Any] | None = None
