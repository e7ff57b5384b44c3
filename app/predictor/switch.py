"""How far the switch of a study to another encoder is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.predictor.comparison import Comparison


class Stage(StrEnum):
    """How far a switch is."""

    EMBEDDING = "embedding"
    COMPARING = "comparing"
    COMPARED = "compared"
    DONE = "done"
    KEPT_OLD = "kept_old"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self not in {Stage.EMBEDDING, Stage.COMPARING}


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch that was asked for.

    Args:
        version: of the new encoder, with its space.
        embedded, total: observations.
        comparison: of both encoders on the observations of each metric, once they were compared.
        error: why it failed.
    """

    version: str
    stage: Stage
    embedded: int
    total: int
    comparison: Mapping[str, Comparison] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ServingEncoder:
    """What serves a study.

    Args:
        follows_newest: whether a newer version will take over by itself.
        switch: the last one since the start, under way or not.
    """

    version: str
    kind: str
    follows_newest: bool
    switch: Switch | None
