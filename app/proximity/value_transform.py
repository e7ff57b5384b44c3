"""Values of a metric as scores that a Gaussian process can explain, and back.

Accuracies are heavy-tailed: one failed network must not pull down every estimate in its neighborhood. Ranks do not
feel how far away an outlier is, but they also forget how far apart the others are, which a small study cannot afford.
The mean of both is better than either, by 0.004 to 0.015 of Kendall tau at 30 to 500 observations (docs/method.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]


_COMPRESSION = 1.5
_UNIT = 1.06  # standard deviation of arcsinh(1.5 z) for normal z
_FARTHEST = 3.0  # in standard deviations: beyond, only the rank counts
_QUARTILES_TO_STD = 1.349  # distance between the quartiles of a normal distribution


@dataclass(frozen=True, slots=True)
class ValueTransform:
    """A monotone map between a metric's values and their scores t.

    t is the mean of the normal score Phi^-1((rank - 1/2) / n) and of arcsinh(1.5 z) / 1.06 within -3 and 3, z the
    distance from the median in robust standard deviations; centered. Both are about standard normal.

    Between observed values it is linear. Beyond them it goes on straight, so that two candidates beyond the best
    value never tie: with the slope between the end value and the one max(3, n/10) places inside.

    Args:
        scores: shape (n,): t of each value; equal values share their mean rank.
        knots: the distinct scores, ascending.
        values: the value at each knot.
        slopes: value per unit of t below the first and above the last knot.
    """

    scores: FloatArray
    knots: FloatArray
    values: FloatArray
    slopes: tuple[float, float]

    @classmethod
    def fit(cls, values: FloatArray) -> "ValueTransform":
        """The map of these values, shape (n,), n at least 1, all finite."""
        n = len(values)
        distinct, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks = np.cumsum(counts) - (counts - 1) / 2
        knots = (ndtri((ranks - 0.5) / n) + _compressed(values, distinct)) / 2
        knots = np.asarray(knots - knots[place].mean(), dtype=np.float64)
        inside = min(max(3, n // 10), len(distinct) - 1)
        return cls(
            knots[place], knots, distinct, (_slope(knots, distinct, 0, inside), _slope(knots, distinct, -1, ~inside))
        )

    @property
    def constant(self) -> bool:
        """Whether all values are the same, so that nothing is known of their spread."""
        return len(self.values) == 1

    def to_scores(self, values: FloatArray) -> FloatArray:
        """The scores of any values, of the same shape: `to_values` the other way round.

        Beyond an end where the map is flat, all values have the score of that end.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.minimum(values - self.values[0], 0) / self.slopes[0]
            above = np.maximum(values - self.values[-1], 0) / self.slopes[1]
        scores: FloatArray = np.interp(values, self.values, self.knots)
        return scores + np.where(np.isfinite(below), below, 0) + np.where(np.isfinite(above), above, 0)

    def to_values(self, scores: FloatArray) -> FloatArray:
        """The values at any scores, of the same shape."""
        below = np.minimum(scores - self.knots[0], 0) * self.slopes[0]
        above = np.maximum(scores - self.knots[-1], 0) * self.slopes[1]
        values: FloatArray = np.interp(scores, self.knots, self.values) + below + above
        return values


def _compressed(values: FloatArray, at: FloatArray) -> FloatArray:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    # Where half of the values are one and the same, their quartiles say nothing.
    spread = (high - low) / _QUARTILES_TO_STD or values.std() or 1.0
    with np.errstate(over="ignore"):  # infinitely far is farther than _FARTHEST
        distances = _COMPRESSION * (at - middle) / spread
    scores: FloatArray = np.clip(np.arcsinh(distances) / _UNIT, -_FARTHEST, _FARTHEST)
    return scores


def _slope(knots: FloatArray, values: FloatArray, end: int, inner: int) -> float:
    run = knots[end] - knots[inner]
    return float((values[end] - values[inner]) / run) if run else 0.0
