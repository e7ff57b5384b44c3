"""What trainings of one kind say about candidates."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.predictor.known_points import ROUGH_NEIGHBORS, KnownPoints, NewIndex
from app.predictor.observation_log import EmbeddingArray
from app.predictor.ports import Float32Array, Int64Array
from app.predictor.repeats import Repeats
from app.proximity.acquisition import Posterior
from app.proximity.estimates import Estimates
from app.proximity.factorization import Factorization
from app.proximity.joint import ascent, joint_posterior
from app.proximity.kernel import FloatArray, matern
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.trend import Guess, Trend
from app.proximity.value_transform import ValueTransform
from app.proximity.weighting import Weighting

# Times are of benchmarks/choices.py.
LOCAL_NEIGHBORS = 128  # weighed beyond one factorization: 0.6 ms a candidate
MAX_LOCAL_NEIGHBORS = 256  # 2.2 ms a candidate
PAPER_NEIGHBORS = 10  # the smaller of the two that the paper reports
_SIGNAL_OF = 1000  # points that the variance of the signal is told from, where there are many


@dataclass(frozen=True, slots=True)
class Estimated:
    """Estimates of m candidates.

    Args:
        novelty: shape (m,): NaN while there is no typical distance to compare with.
        nearest: shape (m,): the mean value of the nearest architecture that was observed.
        k: how many neighbors were weighed.
    """

    estimates: Estimates
    novelty: FloatArray
    nearest: FloatArray
    k: int


class LevelModel:
    """Estimates from trainings of one kind; those of one architecture are one point with their mean.

    Belongs to one thread at a time. All points are weighed at once while one factorization holds them, the nearest of
    them beyond. Scores may follow a trend (`follow`), whose value at candidates then comes as a guess.

    Args:
        groups: of the columns of embeddings.
        scales: what the observations so far have told.
        expected_size: about how many points it will hold.

    Attributes:
        repeats: what was measured, by the key of what was trained; a row of it is a label of a point.
    """

    def __init__(self, groups: ColumnGroups, new_index: NewIndex, scales: Scales, expected_size: int = 0) -> None:
        self.groups = groups
        self.scales = scales
        self.repeats = Repeats()
        self._known = KnownPoints(len(groups.of_column), float(np.exp(scales.log_noise)), new_index, expected_size)
        self._followed: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.repeats)

    @property
    def few(self) -> bool:
        """Whether all points can be weighed at once."""
        return self._known.few

    @cached_property
    def transform(self) -> ValueTransform:
        """From mean values to scores t, and back."""
        return ValueTransform.fit(self.repeats.means)

    @property
    def scores(self) -> FloatArray:
        """The score t of each point, by label."""
        return self.transform.scores

    @property
    def slope(self) -> float:
        """How steeply scores follow the trend; 0 where there is none."""
        return self._trend.slope if self._trend else 0.0

    def add(self, keys: Int64Array, embeddings: EmbeddingArray, values: FloatArray) -> Int64Array:
        """Take in trainings; they count from the next estimate on.

        Args:
            keys: whole numbers from 0 that stand for what was trained, shape (n,).
            embeddings: shape (n, d), unscaled.
            values: shape (n,).

        Returns:
            The label of each.
        """
        known = len(self)
        labels = self.repeats.add(keys, values)
        distinct, first = np.unique(labels, return_index=True)  # one may come twice in one batch
        points = self.scales.points(embeddings[first[distinct >= known]], self.groups)
        self._known.add(points, self.repeats.counts, set(distinct[distinct < known].tolist()))
        self._forget()
        return labels

    def revalue(self, labels: Int64Array, values: FloatArray) -> None:
        """Other values for all trainings, in any order; each array of shape (n,)."""
        self.repeats.revalue(labels, values)
        self._forget()

    def follow(self, guessed: FloatArray) -> None:
        """Let scores follow a trend, which has these means (n,) at the points so far."""
        self._followed = guessed
        self._forget()

    def prepare(self) -> None:
        """Do now what the next estimate would have to wait for."""
        _ = self._signal

    def estimate(
        self,
        candidates: EmbeddingArray,
        weighting: Weighting,
        k: int | None = None,
        calibration: float = 1.0,
        guess: Guess | None = None,
    ) -> Estimated:
        """See `MetricModel.estimate`.

        Args:
            guess: the trend at the candidates; for kriging.
        """
        points = self.scales.points(candidates, self.groups)
        k = self._neighbors_to_weigh(weighting, k)
        if weighting is Weighting.KRIGING and k == len(self):
            found, variance, nearest, distance = self._weigh_all(points)
        else:
            labels, distances = self._known.search(points, k)
            weights, variance = self._weigh(points, labels, weighting)
            found = self._weighted(weights, labels)
            nearest, distance = labels[:, 0], distances[:, 0].astype(np.float64)
        mean, variance = self._followed_up(found, variance, guess)
        estimates = Estimates.of(mean, variance, self.transform, calibration)
        return Estimated(estimates, self._known.novelty(distance), self.repeats.means[nearest], k)

    def neighbors(
        self, candidates: EmbeddingArray, weighting: Weighting, k: int | None, n: int, guess: Guess | None = None
    ) -> tuple[Int64Array, Float32Array, FloatArray]:
        """The nearest n of the neighbors that `estimate` weighs: labels, distances and weights, each (m, n)."""
        points = self.scales.points(candidates, self.groups)
        k = self._neighbors_to_weigh(weighting, k)
        all_at_once = weighting is Weighting.KRIGING and k == len(self)
        labels, distances = self._known.search(points, min(n, k) if all_at_once else k)
        if all_at_once:
            kernel = matern(self._known.squared_distances(points))
            weights = np.take_along_axis(self._known.factorized.solve(kernel.T).T, labels, axis=1)
            found = kernel @ self._solved
        else:
            weights, _ = self._weigh(points, labels, weighting)
            found = self._weighted(weights, labels)
        if self._trend and guess:
            weights = weights + self._trend.weights(self._trend.left(guess, found[:, 1]), labels)
        return labels[:, :n], distances[:, :n], weights[:, :n]

    def expected(self, candidates: EmbeddingArray) -> FloatArray:
        """The mean of `latent`, shape (m,), without the variance, which takes ten times as long for thousands."""
        points = self.scales.points(candidates, self.groups)
        if self.few:
            return np.asarray((matern(self._known.squared_distances(points)) @ self._solved)[:, 0])
        return self._weigh_nearest(points)[0][:, 0]

    def latent(self, candidates: EmbeddingArray) -> Guess:
        """The score t of candidates (m, d) without the chance of a training; where there are many, by the nearest."""
        points = self.scales.points(candidates, self.groups)
        found, variance = self._weigh_all(points)[:2] if self.few else self._weigh_nearest(points)
        return Guess(found[:, 0], np.maximum(variance - self._signal * self._known.noise, 0))

    def rough(self, candidates: EmbeddingArray, guess: Guess | None = None) -> tuple[FloatArray, FloatArray]:
        """Expected score t of candidates (m, d), and at most what its standard deviation is: by their nearest alone."""
        points = self.scales.points(candidates, self.groups)
        if self.few:
            kernel = matern(self._known.squared_distances(points))
            noise = self._known.noise
            variance = (self._signal or 1.0) * (1 + noise - kernel.max(axis=1) ** 2 / (1 + noise))
            found = kernel @ self._solved
        else:
            found, variance = self._weigh_nearest(points)
        mean, variance = self._followed_up(found, variance, guess)
        return mean, np.sqrt(variance)

    def posterior(self, candidates: EmbeddingArray, guess: Guess | None = None) -> Posterior:
        """What is known of candidates (m, d) together; where there are many points, by the nearest.

        Args:
            guess: with the covariance of the trend.
        """
        points = self.scales.points(candidates, self.groups)
        signal = self._signal or 1.0  # of a constant metric nothing is known, and every candidate may differ
        found, covariance = joint_posterior(points, *self._around(points), signal)
        mean, covariance = self._followed_up(found, covariance, guess)
        return Posterior(mean, covariance, signal * self._known.noise)

    def ascent(self, candidates: EmbeddingArray) -> FloatArray:
        """How the expected score t grows along each unscaled column, but for the trend: shape (m, d)."""
        points = self.scales.points(candidates, self.groups)
        stretch = np.exp(self.scales.log_scales / 2)[self.groups.of_column]
        observed, columns = self._around(points)
        return np.asarray(ascent(points, observed, self._without_trend(columns)) * stretch)

    def _around(self, points: FloatArray) -> tuple[Factorization, FloatArray]:
        """A factorization of the observations that matter to these points, and their columns."""
        if self.few:
            return self._known.factorized, self._columns
        near = self._known.around(points)
        return self._known.part(near), self._columns[near]

    def _neighbors_to_weigh(self, weighting: Weighting, k: int | None) -> int:
        n = len(self)
        all_at_once = weighting is Weighting.KRIGING and self.few
        if k is None:
            k = n if all_at_once else LOCAL_NEIGHBORS if weighting is Weighting.KRIGING else PAPER_NEIGHBORS
        if k > MAX_LOCAL_NEIGHBORS:
            k = n if all_at_once else MAX_LOCAL_NEIGHBORS
        return min(k, n)

    def _weigh_all(self, points: FloatArray) -> tuple[FloatArray, FloatArray, Int64Array, FloatArray]:
        """The weighted columns, the variance that is left, the nearest point, and its distance."""
        squared = self._known.squared_distances(points)
        nearest = squared.argmin(axis=1)
        kernel = matern(squared)
        half = self._known.factorized.half_solve(kernel.T)
        variance = self._signal * (1 + self._known.noise - np.einsum("ij,ij->j", half, half))
        # The difference itself is exactly 0 for an observed candidate, which the expanded square is not.
        distance = np.linalg.norm(points - self._known.points[nearest], axis=1)
        return kernel @ self._solved, variance, nearest, distance

    def _weigh_nearest(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The columns as a few neighbors weigh them, and the variance that is left."""
        labels, _ = self._known.search(points, ROUGH_NEIGHBORS)
        weights, variance = self._weigh(points, labels, Weighting.KRIGING)
        return self._weighted(weights, labels), variance

    def _weigh(self, points: FloatArray, labels: Int64Array, weighting: Weighting) -> tuple[FloatArray, FloatArray]:
        """Weights of each candidate's neighbors (m, k), and the variance that they leave (m,)."""
        weights, variance = self._known.weigh(points, labels, weighting)
        signal = self._signal if weighting is Weighting.KRIGING else self._signal_with_trend
        return weights, signal * variance

    def _weighted(self, weights: FloatArray, labels: Int64Array) -> FloatArray:
        """The columns (m, 1 or 2), by weights (m, k) of the points of these labels."""
        return np.stack([(weights * column[labels]).sum(axis=1) for column in self._columns.T], axis=1)

    def _followed_up(
        self, found: FloatArray, variance: FloatArray, guess: Guess | None
    ) -> tuple[FloatArray, FloatArray]:
        """Mean (m,) and variance of t, with the trend where there is one.

        Args:
            found: the weighted columns, (m, 1 or 2).
            variance: shape (m,), or the covariance (m, m).
        """
        if self._trend is None or guess is None:
            return found[:, 0], variance
        left = self._trend.left(guess, found[:, 1])
        return found[:, 0] + self._trend.slope * left, variance + self._trend.variance(left, guess, self._signal)

    def _without_trend(self, columns: FloatArray) -> FloatArray:
        return np.asarray(columns[:, 0] - self._trend.slope * columns[:, 1] if self._trend else columns[:, 0])

    def _forget(self) -> None:
        for derived in ("transform", "_trend", "_columns", "_solved", "_signal", "_signal_with_trend"):
            self.__dict__.pop(derived, None)

    @cached_property
    def _trend(self) -> Trend | None:
        if self._followed is None or not self.few:
            return None
        return Trend.of(self._followed, self.scores, self._known.factorized, self.scales.log_trend)

    @cached_property
    def _columns(self) -> FloatArray:
        """Shape (n, 1 or 2): the score of each point, and the trend where there is one."""
        return np.stack([self.scores, *([self._trend.values] if self._trend else [])], axis=1)

    @cached_property
    def _solved(self) -> FloatArray:
        """(K + vR)^-1 of the columns, of the same shape."""
        return self._known.factorized.solve(self._columns)

    @cached_property
    def _signal(self) -> float:
        """s^2, the variance of the signal but for the trend, where the scores have one."""
        if self.few:
            return float(self.scores @ self._without_trend(self._solved)) / len(self)
        chosen = np.random.default_rng(len(self)).choice(len(self), _SIGNAL_OF, replace=False)
        some = self.scores[chosen]
        return float(some @ self._known.part(chosen).solve(some)) / len(chosen)

    @cached_property
    def _signal_with_trend(self) -> float:
        """The variance of the signal for weights that do not know the trend."""
        return float(self.scores @ self._solved[:, 0]) / len(self) if self._trend else self._signal
