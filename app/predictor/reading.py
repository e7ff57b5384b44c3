"""What points say of candidates, however it is worked out."""

from dataclasses import dataclass
from typing import Protocol

from app.predictor.ports import Int64Array
from app.proximity.acquisition import Posterior
from app.proximity.kernel import FloatArray
from app.proximity.trend import Guess
from app.proximity.weighting import Weighting


@dataclass(frozen=True, slots=True)
class Read:
    """What is expected of the score t of m candidates.

    Args:
        mean, variance: shape (m,).
        nearest: the label of the nearest point, shape (m,).
        distance: to it, shape (m,).
        k: how many points were weighed.
    """

    mean: FloatArray
    variance: FloatArray
    nearest: Int64Array
    distance: FloatArray
    k: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest k points of m candidates, nearest first, each of shape (m, k)."""

    labels: Int64Array
    distances: FloatArray
    weights: FloatArray

    def first(self, n: int) -> "Nearest":
        """The nearest n of them."""
        return Nearest(self.labels[:, :n], self.distances[:, :n], self.weights[:, :n])


class Reading(Protocol):
    """Tells of candidates, shape (m, d), scaled. A guess is what a trend has at the candidates, where there is one."""

    @property
    def typical(self) -> float:
        """The usual distance between a point and its nearest; NaN where there is none."""

    def prepare(self) -> None:
        """Do now what the next reading would have to wait for."""

    def read(self, candidates: FloatArray, guess: Guess | None = None) -> Read:
        """What is expected of each candidate, by all points that matter."""

    def rough(self, candidates: FloatArray, guess: Guess | None = None) -> tuple[FloatArray, FloatArray]:
        """Mean and an upper bound of the variance of each, in less time: each (m,)."""

    def latent(self, candidates: FloatArray) -> Guess:
        """Mean and variance of each without the chance of a training."""

    def expected(self, candidates: FloatArray) -> FloatArray:
        """The means of `latent` alone, shape (m,)."""

    def weigh(self, candidates: FloatArray, k: int, weighting: Weighting) -> tuple[Nearest, FloatArray]:
        """Weights of the nearest k points alone, and the variance that they leave, shape (m,)."""

    def explain(self, candidates: FloatArray, n: int, guess: Guess | None = None) -> Nearest:
        """The nearest n points with their weights in `read`, or what comes near them."""

    def posterior(self, candidates: FloatArray, guess: Guess | None = None) -> Posterior:
        """What is known of all candidates together; a guess comes with its covariance."""

    def ascent(self, candidates: FloatArray) -> FloatArray:
        """How the mean grows along each scaled column, but for the trend: shape (m, d)."""
