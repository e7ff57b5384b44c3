"""A prediction: what is expected of a candidate, and what that rests on."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.architecture import Notation


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric of a candidate, in the metric's unit.

    Args:
        score: the estimate.
        std: its standard deviation. None, as are the bounds, where all observed values are the same.
        lower, upper: bounds of a 90 % interval.
    """

    score: float
    std: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the service would have said of one metric a moment before it was measured.

    Args:
        nearest: the mean value of the nearest architecture that had been observed: a guess to compare with.
        deviation: how far the measured value lay from the score, as a standard normal number if the error bar was
            right: in standard deviations of the scores that estimates are made of, before any recalibration. None
            where nothing was known of the spread, the training failed, or the value was amended since.
        known: how many trainings of the architecture itself had been observed: 0 where the score is a prediction.
    """

    estimate: Estimate
    nearest: float
    deviation: float | None
    known: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What was measured on an architecture.

    Args:
        mean: of n trainings.
        std: their sample standard deviation; None for a single one.
    """

    mean: float
    n: int
    std: float | None = None


@dataclass(frozen=True, slots=True)
class Neighbor:
    """An observed architecture at a distance.

    Args:
        distance: Euclidean, in the embedding space as the observations scale it.
        weight: of its value in the estimate; negative where other neighbors say more about the same.
        values: mean of each metric that was measured on it.
    """

    architecture_id: str
    notation: Notation
    distance: float
    weight: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Everything said about one candidate.

    Args:
        novelty: distance to the nearest observation, in units of the typical distance between an observation and
            its nearest; None while there is no such distance.
        observed: by metric, where the candidate was trained already; empty otherwise.
        neighbors: nearest first, as many as were asked for.
        failures: how many trainings of the candidate failed.
    """

    architecture_id: str
    novelty: float | None
    observed: Mapping[str, Observed]
    metrics: Mapping[str, Estimate]
    neighbors: tuple[Neighbor, ...] = ()
    failures: int = 0
