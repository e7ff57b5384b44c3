"""All points of a study weighed at once, as long as one factorization holds them."""

from functools import cached_property

import numpy as np

from app.compiled import kernels
from app.predictor.known_points import KnownPoints
from app.predictor.ports import Int64Array
from app.predictor.reading import Nearest, Read
from app.proximity.acquisition import Posterior
from app.proximity.joint import ascent, joint_posterior
from app.proximity.kernel import FloatArray, matern
from app.proximity.trend import Guess, Trend
from app.proximity.weighting import Weighting


class Together:
    """A `Reading` by kriging with all points: as they are and with these scores, made anew when either changes.

    Args:
        scores: t of each point, shape (n,).
        followed: the trend at the points, where there is one, shape (n,).
        log_trend: log c, of the trend.
    """

    def __init__(self, points: KnownPoints, scores: FloatArray, followed: FloatArray | None, log_trend: float) -> None:
        self._points = points
        self._scores = scores
        self._trend = None if followed is None else Trend.of(followed, scores, points.factorized, log_trend)

    @property
    def typical(self) -> float:
        """See `Reading.typical`."""
        return self._points.typical

    @property
    def slope(self) -> float:
        """How steeply scores follow the trend; 0 where there is none."""
        return self._trend.slope if self._trend else 0.0

    def prepare(self) -> None:
        """See `Reading.prepare`."""
        _ = self._signal

    def read(self, candidates: FloatArray, guess: Guess | None = None) -> Read:
        """See `Reading.read`."""
        found, explained, nearest, distance = self._weighed(candidates)
        mean, variance = self._followed_up(found, self._signal * (1 + self._points.noise - explained), guess)
        return Read(mean, variance, nearest, distance, len(self._points))

    def rough(self, candidates: FloatArray, guess: Guess | None = None) -> tuple[FloatArray, FloatArray]:
        """See `Reading.rough`."""
        kernel = matern(self._points.squared_distances(candidates))
        noise = self._points.noise
        variance = (self._signal or 1.0) * (1 + noise - kernel.max(axis=1) ** 2 / (1 + noise))
        return self._followed_up(kernel @ self._solved, variance, guess)

    def latent(self, candidates: FloatArray) -> Guess:
        """See `Reading.latent`."""
        found, explained, _, _ = self._weighed(candidates)
        return Guess(found[:, 0], self._signal * np.maximum(1 - explained, 0))

    def expected(self, candidates: FloatArray) -> FloatArray:
        """See `Reading.expected`."""
        return np.asarray((matern(self._points.squared_distances(candidates)) @ self._solved)[:, 0])

    def weigh(self, candidates: FloatArray, k: int, weighting: Weighting) -> tuple[Nearest, FloatArray]:
        """See `Reading.weigh`."""
        labels, distances = self._points.search(candidates, k)
        weights, variance = self._points.weigh(candidates, labels, weighting)
        # Weights that do not know the trend leave all of the signal.
        signal = float(self._scores @ self._solved[:, 0]) / len(self._points)
        return Nearest(labels, distances, weights), signal * variance

    def explain(self, candidates: FloatArray, n: int, guess: Guess | None = None) -> Nearest:
        """See `Reading.explain`."""
        labels, distances = self._points.search(candidates, n)
        points = self._points
        of_all = kernels.weights_together(candidates, points.points, points.factorized.lower.T)
        weights = np.take_along_axis(of_all, labels, axis=1)
        if self._trend and guess:
            left = self._trend.left(guess, np.vecdot(of_all, self._trend.values))
            weights = weights + self._trend.weights(left, labels)
        return Nearest(labels, distances, weights)

    def posterior(self, candidates: FloatArray, guess: Guess | None = None) -> Posterior:
        """See `Reading.posterior`."""
        signal = self._signal or 1.0  # of a constant metric nothing is known, and every candidate may differ
        found, covariance = joint_posterior(candidates, self._points.factorized, self._columns, signal)
        mean, covariance = self._followed_up(found, covariance, guess)
        return Posterior(mean, covariance, signal * self._points.noise)

    def ascent(self, candidates: FloatArray) -> FloatArray:
        """See `Reading.ascent`."""
        return ascent(candidates, self._points.points, self._without_trend(self._solved))

    def _weighed(self, candidates: FloatArray) -> tuple[FloatArray, FloatArray, Int64Array, FloatArray]:
        points = self._points
        return kernels.krige_together(candidates, points.points, points.factorized.lower.T, self._solved)

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

    @cached_property
    def _columns(self) -> FloatArray:
        """Shape (n, 1 or 2): the score of each point, and the trend where there is one."""
        return np.stack([self._scores, *([self._trend.values] if self._trend else [])], axis=1)

    @cached_property
    def _solved(self) -> FloatArray:
        """(K + vR)^-1 of the columns, of the same shape."""
        return self._points.factorized.solve(self._columns)

    @cached_property
    def _signal(self) -> float:
        """s^2, the variance of the signal but for the trend, where the scores have one."""
        return float(self._scores @ self._without_trend(self._solved)) / len(self._points)
