"""From weighted scores back to the metric's unit, with an error bar."""

from dataclasses import dataclass

import numpy as np

from app.proximity.kernel import FloatArray
from app.proximity.value_transform import ValueTransform

# Scales fitted to few observations are too sure of themselves: up to 100 of them, deviations are this much wider, and
# less and less so with more. With it, the intervals of `make bench-accuracy` cover 86 to 92 %.
_CAUTION = 0.12
NORMAL_95 = 1.6449  # half-width of a central 90 % interval, in standard deviations


@dataclass(frozen=True, slots=True)
class Estimates:
    """What is expected of m candidates, in the metric's unit; each of shape (m,).

    Args:
        score: the estimate (the median of what a training is expected to give).
        std: half the distance between the values one standard deviation below and above.
        lower, upper: bounds of a 90 % interval. NaN, as is `std`, where all observed values are the same, so that
            nothing is known of the spread.
        mean, deviation: the score t that each estimate is made of, and its standard deviation as the model has it,
            before calibration; NaN as the bounds.
    """

    score: FloatArray
    std: FloatArray
    lower: FloatArray
    upper: FloatArray
    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def of(
        cls, mean: FloatArray, variance: FloatArray, observed: ValueTransform, calibration: float = 1.0
    ) -> "Estimates":
        """Estimates from the mean and the variance of each candidate's score t, both of shape (m,).

        Args:
            calibration: what deviations are multiplied by, from how far earlier estimates were off.
        """
        if observed.constant:
            unknown = np.full(len(mean), np.nan)
            return cls(observed.to_values(mean), unknown, unknown, unknown, mean, unknown)
        deviation = (1 + _CAUTION * min(1.0, 100 / len(observed.scores))) * np.sqrt(variance)
        steps = np.array([[0.0], [1.0], [-1.0], [-NORMAL_95], [NORMAL_95]])
        score, above, below, lower, upper = observed.to_values(mean + steps * (calibration * deviation))
        return cls(score, (above - below) / 2, lower, upper, mean, deviation)

    def part(self, start: int, stop: int) -> "Estimates":
        """What is expected of some of the candidates."""
        columns = (self.score, self.std, self.lower, self.upper, self.mean, self.deviation)
        return Estimates(*(column[start:stop] for column in columns))
