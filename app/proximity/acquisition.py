"""What is worth training next: from what is expected of candidates, and how sure that is, to an order of them.

    t          score of a metric (`ValueTransform`); larger is better here
    m, C       mean and covariance of t over the candidates, as the observations leave them
    v          variance of one training

Several metrics are told apart by the weights of their trade-off, drawn anew for each place (ParEGO: Knowles, IEEE
Trans. Evol. Comput. 10(1), 2006), so that a batch covers the Pareto front.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from app.proximity.kernel import FloatArray

OPTIMISM = (0.0, 0.33, 0.66, 1.0, 1.65)
"""Standard deviations above the mean, one for each place of a batch: the safest bet first (benchmarks/search)."""
_AUGMENTATION = 0.05  # of the Chebyshev norm by the weighted sum, as in ParEGO
_DRAWS = 128  # for an expected improvement in several metrics, which has no closed form
_JITTER = 1e-8


class Strategy(StrEnum):
    """How hope and doubt are weighed."""

    UPPER_CONFIDENCE_BOUND = "upper_confidence_bound"
    EXPECTED_IMPROVEMENT = "expected_improvement"
    THOMPSON_SAMPLING = "thompson_sampling"


@dataclass(frozen=True, slots=True)
class Constraint:
    """Bounds on a metric; None where there is none."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(slots=True)
class Posterior:
    """What is known of one metric's t over n candidates.

    Args:
        mean: m, shape (n,).
        covariance: C, shape (n, n).
        noise: v.
    """

    mean: FloatArray
    covariance: FloatArray
    noise: float
    _root: FloatArray | None = field(default=None, init=False)

    def negated(self) -> "Posterior":
        """Of -t: for a metric of which less is better."""
        return Posterior(-self.mean, self.covariance, self.noise)

    @property
    def deviation(self) -> FloatArray:
        """Shape (n,)."""
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance), 0)))

    def expect(self, candidates: Sequence[int]) -> None:
        """As if candidates had been trained, and given what is expected of them: the doubt around them falls.

        GP-BUCB (Desautels, Krause & Burdick, JMLR 15, 2014), which spreads a batch out.
        """
        columns = self.covariance[:, candidates]
        among = columns[candidates] + (self.noise + _JITTER) * np.eye(len(candidates))
        self.covariance = self.covariance - columns @ np.linalg.solve(among, columns.T)
        self._root = None

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """A function that the observations allow, at the candidates: shape (n,)."""
        n = len(self.mean)
        if self._root is None:
            # Near copies make it singular but for rounding.
            jitter = _JITTER + 1e-6 * float(np.diag(self.covariance).max())
            self._root = np.asarray(np.linalg.cholesky(self.covariance + jitter * np.eye(n)), dtype=np.float64)
        return np.asarray(self.mean + self._root @ rng.standard_normal(n))


class Chooser:
    """Chooses a batch among candidates, one place after the other.

    Args:
        objectives: at least one, over the same candidates.
        best: the best t that was observed, of each objective.
        feasible: shape (n,): the probability that a candidate meets all constraints.
    """

    def __init__(
        self,
        objectives: Sequence[Posterior],
        best: Sequence[float],
        feasible: FloatArray,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> None:
        self._objectives = objectives
        self._best = np.array(best)
        self._feasible = feasible
        self._strategy = strategy
        self._rng = rng
        self._open = np.ones(len(feasible), dtype=bool)

    def exclude(self, candidates: Sequence[int]) -> None:
        """Candidates that are being trained: they are expected, and not chosen."""
        self._open[candidates] = False
        self._expect(candidates)

    def choose(self, n: int) -> list[tuple[int, float]]:
        """The next n candidates, or as many as there are, each with its acquisition value."""
        optimism = self._rng.permutation(OPTIMISM) if n < len(OPTIMISM) else np.array(OPTIMISM)
        chosen = []
        for place in range(min(n, int(self._open.sum()))):
            values = self._acquisition(float(optimism[place % len(optimism)]))
            # What probably breaks a constraint is worth it only where nothing else is left.
            admitted = self._open & (self._feasible >= min(0.5, self._feasible[self._open].max()))
            best = int(np.where(admitted, values, -np.inf).argmax())
            chosen.append((best, float(values[best])))
            self._open[best] = False
            if self._strategy is not Strategy.THOMPSON_SAMPLING:  # whose draws differ by themselves
                self._expect([best])
        return chosen

    def _expect(self, candidates: Sequence[int]) -> None:
        if len(candidates):
            for objective in self._objectives:
                objective.expect(candidates)

    def _acquisition(self, optimism: float) -> FloatArray:
        weights = self._rng.dirichlet(np.ones(len(self._objectives)))
        best = self._best
        if self._strategy is Strategy.THOMPSON_SAMPLING:
            drawn = np.stack([objective.draw(self._rng) for objective in self._objectives])
            return _scalarized(drawn, weights, best)
        mean = np.stack([objective.mean for objective in self._objectives])
        deviation = np.stack([objective.deviation for objective in self._objectives])
        if self._strategy is Strategy.UPPER_CONFIDENCE_BOUND:
            return _scalarized(mean + optimism * deviation, weights, best)
        return self._feasible * self._expected_improvement(mean, deviation, weights, best)

    def _expected_improvement(
        self, mean: FloatArray, deviation: FloatArray, weights: FloatArray, best: FloatArray
    ) -> FloatArray:
        if len(mean) == 1:
            return expected_improvement(mean[0] - best[0], deviation[0])
        drawn = mean + deviation * self._rng.standard_normal((_DRAWS, len(mean), 1))
        # Beyond the best of each metric at once, which the observed architectures reach at most on one side.
        gains = np.stack([_scalarized(each, weights, best) for each in drawn])
        reached = np.median(gains.max(axis=1)) - 1
        return np.asarray(np.maximum(gains - reached, 0).mean(axis=0))


def expected_improvement(gain: FloatArray, deviation: FloatArray) -> FloatArray:
    """E[max(t - best, 0)] for t - best of this mean and standard deviation (Mockus, 1978)."""
    safe = np.maximum(deviation, _JITTER)
    z = gain / safe
    return np.asarray(gain * ndtr(z) + safe * np.exp(-z * z / 2) / np.sqrt(2 * np.pi))


def probability_at_most(threshold: float, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """P(t <= threshold) for t of this mean and standard deviation."""
    return np.asarray(ndtr((threshold - mean) / np.maximum(deviation, _JITTER)))


def _scalarized(values: FloatArray, weights: FloatArray, best: FloatArray) -> NDArray[np.float64]:
    """One number for several metrics, larger is better: augmented Chebyshev distance below the best of each.

    Args:
        values: shape (metrics, n).
    """
    if len(values) == 1:
        return np.asarray(values[0])
    short = weights[:, None] * (best[:, None] - values)
    return np.asarray(-short.max(axis=0) - _AUGMENTATION * short.sum(axis=0))
