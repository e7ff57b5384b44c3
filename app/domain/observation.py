"""An observation: an architecture that was trained, and what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.domain.architecture import Notation
from app.domain.prediction import Expectation

Scalar = str | int | float | bool | None


MAX_MEASURED = 1e100  # sums and squares of as large values are still finite; the wire schemas have the same bound


class Status(StrEnum):
    """How the training ended."""

    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Observation:
    """One training and its results.

    Args:
        observation_id: the worker's own, unique in the study; sending it again is harmless.
        architecture_id: the fingerprint of the architecture.
        notation: the architecture as it was sent.
        metrics: measured values by metric name, each within MAX_MEASURED of zero.
        observed_at: when the service took it in, in UTC.
        proxies: numbers known before the training, by name: all that the study declares.
        expected: what was predicted before, by metric.
        retracted: whether it was found wrong, and does not count.
        revision: of the study, with it in it; 0 before it is stored.
    """

    observation_id: str
    architecture_id: str
    notation: Notation
    metrics: Mapping[str, float]
    observed_at: datetime
    status: Status = Status.COMPLETED
    proxies: Mapping[str, float] = field(default_factory=dict)
    fidelity: Mapping[str, Scalar] = field(default_factory=dict)
    seed: int | None = None
    worker: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    expected: Mapping[str, Expectation] = field(default_factory=dict)
    retracted: bool = False
    revision: int = field(default=0, compare=False)

    def same_content(self, other: "Observation") -> bool:
        """Whether the worker sent the same: everything but what the service added."""
        return (
            self.observation_id == other.observation_id
            and self.notation == other.notation
            and dict(self.metrics) == dict(other.metrics)
            and self.status == other.status
            and dict(self.proxies) == dict(other.proxies)
            and dict(self.fidelity) == dict(other.fidelity)
            and self.seed == other.seed
            and self.worker == other.worker
            and dict(self.metadata) == dict(other.metadata)
        )
