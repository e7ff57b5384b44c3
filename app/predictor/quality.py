"""How good the estimates of a study are, by its own record: each was noted before its value was known."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from app.predictor.ports import Int64Array
from app.proximity.agreement import agreement
from app.proximity.kernel import FloatArray

CURVE_POINTS = 50


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What was expected of one metric and what came, each of shape (n,), in the order of the observations.

    Args:
        revision: of the study, with the observation in it.
        value: what was measured.
        score, lower, upper: what had been expected; bounds are NaN where nothing was known of the spread.
        nearest: the value of the nearest architecture that had been observed.
        known: how many trainings of the architecture itself had been observed.
    """

    revision: Int64Array
    value: FloatArray
    score: FloatArray
    lower: FloatArray
    upper: FloatArray
    nearest: FloatArray
    known: Int64Array

    def __len__(self) -> int:
        return len(self.value)

    def part(self, chosen: slice | Sequence[int]) -> "Outcomes":
        """Some of them."""
        return Outcomes(*(getattr(self, name)[chosen] for name in self.__slots__))

    @property
    def predicted(self) -> "Outcomes":
        """Those of architectures that were not trained before: repeats are no test of a prediction."""
        return self.part(np.flatnonzero(self.known == 0))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Quality:
    """Agreement of n predictions with what was measured.

    Args:
        kendall_tau: between scores and values; None where there is nothing to rank.
        mean_absolute_error: in the metric's unit; None of no prediction.
        coverage: share of the values within their 90 % interval, of those that had one; None where none had.
        nearest_kendall_tau, nearest_mean_absolute_error: of the trivial guess, the value of the nearest architecture
            that had been observed.
    """

    n: int
    kendall_tau: float | None
    mean_absolute_error: float | None
    coverage: float | None
    nearest_kendall_tau: float | None
    nearest_mean_absolute_error: float | None

    @classmethod
    def of(cls, outcomes: Outcomes) -> "Quality":
        """The quality of the predictions among some outcomes."""
        predicted = outcomes.predicted
        if not len(predicted):
            return cls(0, None, None, None, None, None)
        bounded = ~np.isnan(predicted.lower)
        within = (predicted.lower <= predicted.value) & (predicted.value <= predicted.upper)
        ours, guess = (agreement(predicted.value, score) for score in (predicted.score, predicted.nearest))
        return cls(
            len(predicted),
            _known(ours["kendall_tau"]),
            ours["mae"],
            float(within[bounded].mean()) if bounded.any() else None,
            _known(guess["kendall_tau"]),
            guess["mae"],
        )


@dataclass(frozen=True, slots=True)
class MetricQuality:
    """The live quality of one metric.

    Args:
        overall: over all observations that were predicted.
        recent: over the last of them.
        curve: of windows as long as the recent one, each with the revision at which it ends, over time.
        repeats: observations of architectures that had been trained before, which the others leave out.
    """

    overall: Quality
    recent: Quality
    curve: list[tuple[int, Quality]]
    repeats: int

    @classmethod
    def of(cls, outcomes: Outcomes, last: int) -> "MetricQuality":
        """The quality of a metric by its outcomes; `last` is the length of a window."""
        predicted = outcomes.predicted
        n = len(predicted)
        ends = sorted(set(np.linspace(min(last, n), n, CURVE_POINTS).astype(int).tolist()) - {0})
        curve = [
            (int(predicted.revision[end - 1]), Quality.of(predicted.part(slice(max(0, end - last), end))))
            for end in ends
        ]
        recent = Quality.of(predicted.part(slice(max(0, n - last), n)))
        return cls(Quality.of(predicted), recent, curve, len(outcomes) - n)


def _known(value: float) -> float | None:
    return None if isnan(value) else value
