"""A suggestion: an architecture that a worker was told to train next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.architecture import Notation


class Origin(StrEnum):
    """Where a suggested architecture comes from: a promotion was given, and was trained for less than in full."""

    GIVEN = "given"
    PROMOTION = "promotion"
    SAMPLE = "sample"
    MUTATION = "mutation"
    EMBEDDING_STEP = "embedding_step"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An architecture to train, promised to one worker until it expires; times are in UTC.

    Args:
        suggestion_id: unique in the study.
        worker: who asked; None where nobody said.
    """

    suggestion_id: str
    architecture_id: str
    notation: Notation
    origin: Origin
    worker: str | None
    created_at: datetime
    expires_at: datetime
