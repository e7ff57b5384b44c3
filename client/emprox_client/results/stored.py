"""The answer of `observe`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emprox_client.results.listing import Listing, estimate_columns, estimate_text
from emprox_client.schemas import Estimate, StoredObservation


@dataclass(frozen=True)
class Stored:
    """What became of an observation.

    Args:
        observation_id: its own, or the one that the client gave it.
        architecture_id: None while it waits in the journal.
        created: False where the same observation was stored before; None while it waits in the journal.
        predicted: what the server would have said a moment earlier, by metric; None where nothing had been observed.
        journaled: whether the server was away, and the observation waits in the journal.
        revision: of the study with it in it, which `min_revision` of a prediction waits for where several servers share
            a database; None while it waits in the journal.
    """

    observation_id: str
    architecture_id: str | None = None
    created: bool | None = None
    predicted: dict[str, Estimate] | None = None
    journaled: bool = False
    revision: int | None = None

    @classmethod
    def told(cls, answer: StoredObservation, revision: int) -> Stored:
        """What the server told."""
        return cls(answer.observation_id, answer.architecture_id, answer.created, answer.predicted, revision=revision)

    def __str__(self) -> str:
        said = ", ".join(f"{name} {estimate_text(each)}" for name, each in (self.predicted or {}).items())
        return f"{self.observation_id}: {self._became()}{', predicted ' + said if said else ''}"

    def _became(self) -> str:
        if self.journaled:
            return "waits in the journal"
        return "stored" if self.created else "was stored before"


class StoredObservations(Listing[Stored]):
    """What became of observations, in their order.

    Attributes:
        revision: of the study; None where all wait in the journal.
    """

    def __init__(self, study: str, revision: int | None, stored: Sequence[Stored]) -> None:
        self.study, self.revision, self._items = study, revision, stored

    @property
    def journaled(self) -> int:
        """How many wait in the journal because the server was away."""
        return sum(each.journaled for each in self)

    def _title(self) -> str:
        waiting = f", {self.journaled} of them wait in the journal" if self.journaled else ""
        return f"{len(self)} observations{waiting}, study {self.study!r} at revision {self.revision}"

    def _columns(self) -> list[str]:
        return ["observation", "became"]

    def _row(self, index: int) -> list[str]:
        return str(self[index]).split(": ", 1)

    def _record(self, index: int) -> dict[str, Any]:
        each = self[index]
        return {
            "observation_id": each.observation_id,
            "architecture_id": each.architecture_id,
            "created": each.created,
            "journaled": each.journaled,
            **estimate_columns(each.predicted or {}),
        }
