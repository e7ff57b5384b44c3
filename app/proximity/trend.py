"""A trend that scores follow: what trainings of less fidelity say, believed as far as the full ones bear it out.

    t(x) = rho m(x) + r(x)        r a Gaussian process of kernel s^2 K, with noise s^2 v
    rho ~ N(0, c s^2)

with m what a cheaper training is expected to give: the autoregressive model of Kennedy & O'Hagan (Biometrika 87(1),
2000), rho integrated out as the coefficient of a basis function (Rasmussen & Williams, section 2.7). Where m tells
nothing, rho comes out near 0, and the estimates are those without it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.proximity.factorization import Factorization
from app.proximity.kernel import FloatArray


@dataclass(frozen=True, slots=True)
class Guess:
    """What is expected of m candidates from elsewhere.

    Args:
        mean: m(x), shape (m,).
        variance: how sure that is: shape (m,), or the covariance (m, m).
    """

    mean: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True)
class Trend:
    """The trend of n observed scores.

    Args:
        center: what was subtracted from m, so that it says nothing of the mean score.
        values: m at the observed points, centered, shape (n,).
        solved: (K + vR)^-1 m, shape (n,).
        slope: the posterior mean of rho.
        slope_variance: the posterior variance of rho, in units of s^2.
    """

    center: float
    values: FloatArray
    solved: FloatArray
    slope: float
    slope_variance: float

    @classmethod
    def of(cls, guessed: FloatArray, scores: FloatArray, observed: Factorization, log_weight: float) -> "Trend":
        """How far scores t follow m, both of shape (n,).

        Args:
            log_weight: log c.
        """
        center = float(guessed.mean())
        values = guessed - center
        solved = observed.solve(values)
        precision = float(values @ solved) + np.exp(-log_weight)
        return cls(center, values, solved, float(solved @ scores) / precision, 1 / precision)

    def left(self, guess: Guess, explained: FloatArray) -> FloatArray:
        """Shape (m,): what of the trend at candidates the same weights of the observed points do not give."""
        return guess.mean - self.center - explained

    def weights(self, left: FloatArray, labels: NDArray[np.int64]) -> FloatArray:
        """What observed scores count through the slope, which is made of them too: shape (m, k), as `labels`."""
        return left[:, None] * self.slope_variance * self.solved[labels]

    def variance(self, left: FloatArray, guess: Guess, signal: float) -> FloatArray:
        """What the trend adds to the variance (m,), or to the covariance (m, m), of candidates.

        Args:
            signal: s^2.
        """
        squared = left**2 if guess.variance.ndim == 1 else np.outer(left, left)
        return np.asarray(signal * self.slope_variance * squared + self.slope**2 * guess.variance)
