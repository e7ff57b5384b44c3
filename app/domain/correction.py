"""A correction of what was observed: an observation is amended, retracted or restored, and what it was is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.observation import Observation, Status


class Action(StrEnum):
    """What a correction does."""

    AMEND = "amend"
    RETRACT = "retract"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be done to an observation, by whom, and why.

    Args:
        changes: of an amendment: new values of fields of `Observation`, by name; each replaces the old one as a whole.
    """

    observation_id: str
    action: Action
    actor: str | None = None
    reason: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, observation: Observation) -> Observation:
        """The observation as it is from then on; the same where the correction changes nothing, as on a retry.

        What had been expected goes with the architecture that it was expected of, and how far the measured value lay
        from it with that value, and with a training that failed.
        """
        if self.action is not Action.AMEND:
            return replace(observation, retracted=self.action is Action.RETRACT)
        amended = replace(observation, **self.changes)
        if amended.architecture_id != observation.architecture_id:
            return replace(amended, expected={})
        completed = amended.status is Status.COMPLETED
        expected = {
            name: was
            if completed and amended.metrics[name] == observation.metrics[name]
            else replace(was, deviation=None)
            for name, was in observation.expected.items()
            if name in amended.metrics
        }
        return replace(amended, expected=expected)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that was made: an entry of the audit log.

    Args:
        revision: of the study, from which on it counts.
        before: the observation as it was.
        corrected_at: when the service made it, in UTC.
    """

    revision: int
    action: Action
    actor: str | None
    reason: str | None
    before: Observation
    corrected_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """An observation and all that was ever corrected of it.

    Args:
        observation: as it is.
        corrections: oldest first; the first one's `before` is the observation as it was first stored.
    """

    observation: Observation
    corrections: tuple[Corrected, ...] = ()

    @property
    def first(self) -> Observation:
        """The observation as it was first stored."""
        return self.corrections[0].before if self.corrections else self.observation
