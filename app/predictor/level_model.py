"""What trainings of one kind say about candidates."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.predictor import known_points
from app.predictor.basis import MAX_ANCHORS, Basis, typical_distance
from app.predictor.known_points import KnownPoints, NewIndex
from app.predictor.near_points import NearPoints
from app.predictor.observation_log import EmbeddingArray
from app.predictor.ports import Int64Array
from app.predictor.reading import Nearest, Reading
from app.predictor.repeats import Repeats
from app.predictor.snapshot import Snapshot, restored, snapshot_of
from app.predictor.together import Together
from app.proximity.acquisition import Posterior
from app.proximity.estimates import Estimates
from app.proximity.kernel import FloatArray
from app.proximity.principal import PrincipalAxes, near
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.trend import Guess
from app.proximity.value_transform import ValueTransform
from app.proximity.weighting import Weighting

MAX_LOCAL_NEIGHBORS = 256  # 2.2 ms a candidate (benchmarks/choices.py)
PAPER_NEIGHBORS = 10  # the smaller of the two that the paper reports


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

    Belongs to one thread at a time. All points are weighed `Together` as long as one factorization holds them and no
    basis was made of them; beyond, candidates are read by the anchors of the basis and by the nearest (`NearPoints`).
    Scores may follow a trend (`follow`), whose value at candidates then comes as a guess: it counts as long as one
    factorization holds all points.

    Args:
        groups: of the columns of embeddings.
        scales: what the observations so far have told.
        expected_size: about how many points it will hold.
        basis: made with these scales, where there are many; its trainings are the first to come.

    Attributes:
        repeats: what was measured, by the key of what was trained; a row of it is a label of a point.
    """

    def __init__(
        self,
        groups: ColumnGroups,
        new_index: NewIndex,
        scales: Scales,
        expected_size: int = 0,
        basis: Basis | None = None,
    ) -> None:
        self.groups = groups
        self.scales = scales
        self.repeats = Repeats()
        self._basis = basis
        self._new_index, self._expected_size = new_index, expected_size
        noise = float(np.exp(scales.log_noise))
        self._known: KnownPoints | None = KnownPoints(len(groups.of_column), noise, new_index)
        self._near = NearPoints(basis.axes, basis.typical, noise, new_index, expected_size, basis) if basis else None
        self._followed: FloatArray | None = None

    @classmethod
    def kept(
        cls,
        groups: ColumnGroups,
        new_index: NewIndex,
        scales: Scales,
        expected_size: int,
        snapshot: Snapshot,
        columns: EmbeddingArray,
        keys: Int64Array,
        values: FloatArray,
    ) -> "LevelModel":
        """The model of a snapshot, of these trainings.

        Args:
            columns: unscaled embeddings by key, shape (more than the largest key, d).
        """
        basis = restored(Basis, snapshot.part("basis"))
        found = cls(groups, new_index, scales, expected_size, basis)
        found.repeats.add(keys, values)
        if found._near is not None:
            found._near.restore(snapshot.part("near"), found.repeats)
        if len(found) <= known_points.MAX_FACTORIZED and found._known is not None:
            points = scales.points(columns[found.repeats.keys], groups)
            found._known.add(points, found.repeats.counts.copy(), set())
        else:
            found._known = None
        return found

    def snapshot(self) -> Snapshot:
        """What is worth keeping; nothing of few points, which are taken in again in less time."""
        found = Snapshot()
        if self._near is not None and self._basis is not None:
            found.put("basis", self._basis_kept)
            found.put("near", self._near.snapshot())
        return found

    @property
    def basis(self) -> Basis | None:
        """What the last fit left behind."""
        return self._basis

    def __len__(self) -> int:
        return len(self.repeats)

    @property
    def few(self) -> bool:
        """Whether all points can be weighed at once."""
        return self._known is not None

    @cached_property
    def transform(self) -> ValueTransform:
        """From mean values to scores t, and back."""
        return self._basis.transform if self._basis else ValueTransform.fit(self.repeats.means)

    @cached_property
    def scores(self) -> FloatArray:
        """The score t of each point, by label."""
        return self.transform.to_scores(self.repeats.means) if self._basis else self.transform.scores

    @property
    def slope(self) -> float:
        """How steeply scores follow the trend; 0 where there is none."""
        return self._together.slope if self._followed is not None and self.few else 0.0

    def add(self, keys: Int64Array, embeddings: EmbeddingArray, values: FloatArray) -> Int64Array:
        """Take in trainings; they count from the next estimate on.

        Args:
            keys: whole numbers from 0 that stand for what was trained, shape (n,).
            embeddings: shape (n, d), unscaled.
            values: shape (n,).

        Returns:
            The label of each.
        """
        n_known = len(self)
        labels = self.repeats.add(keys, values)
        distinct, first = np.unique(labels, return_index=True)  # one may come twice in one batch
        points = self.scales.points(embeddings[first[distinct >= n_known]], self.groups)
        if self._known is not None and len(self) > known_points.MAX_FACTORIZED:
            self._near = self._nearest_of(self._known, points) if self._near is None else self._near
            self._known = None
        if self._known is not None:
            self._known.add(points, self.repeats.counts.copy(), set(distinct[distinct < n_known].tolist()))
        if self._near is not None:
            self._near.add(points, self.repeats, distinct)
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
        self._reading.prepare()

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
        if k is None:
            read = self._reading.read(points, guess)
            mean, variance, nearest, distance, k = read.mean, read.variance, read.nearest, read.distance, read.k
        else:
            found, variance = self._reading.weigh(points, k, weighting)
            mean = (found.weights * self._scores_of(found.labels)).sum(axis=1)
            nearest, distance = found.labels[:, 0], found.distances[:, 0]
        estimates = Estimates.of(mean, variance, self.transform, calibration)
        return Estimated(estimates, _novelty(distance, self._reading.typical), self.repeats.means_of(nearest), k)

    def neighbors(
        self, candidates: EmbeddingArray, weighting: Weighting, k: int | None, n: int, guess: Guess | None = None
    ) -> Nearest:
        """The nearest n of the neighbors that `estimate` weighs.

        Where estimates rest on anchors, the weights are those among the nearest alone.
        """
        points = self.scales.points(candidates, self.groups)
        k = self._neighbors_to_weigh(weighting, k)
        if k is None:
            return self._reading.explain(points, n, guess)
        return self._reading.weigh(points, k, weighting)[0].first(n)

    def expected(self, candidates: EmbeddingArray) -> FloatArray:
        """The mean of `latent`, shape (m,), without the variance, which takes ten times as long for thousands."""
        return self._reading.expected(self.scales.points(candidates, self.groups))

    def latent(self, candidates: EmbeddingArray) -> Guess:
        """The score t of candidates (m, d) without the chance of a training."""
        return self._reading.latent(self.scales.points(candidates, self.groups))

    def rough(self, candidates: EmbeddingArray, guess: Guess | None = None) -> tuple[FloatArray, FloatArray]:
        """Expected score t of candidates (m, d), and at most what its standard deviation is: by their nearest alone."""
        mean, variance = self._reading.rough(self.scales.points(candidates, self.groups), guess)
        return mean, np.sqrt(variance)

    def posterior(self, candidates: EmbeddingArray, guess: Guess | None = None) -> Posterior:
        """What is known of candidates (m, d) together; where there are many points, by the nearest.

        Args:
            guess: with the covariance of the trend.
        """
        reading = self._together if self.few else self._reading
        return reading.posterior(self.scales.points(candidates, self.groups), guess)

    def ascent(self, candidates: EmbeddingArray) -> FloatArray:
        """How the expected score t grows along each unscaled column, but for the trend: shape (m, d)."""
        stretch = np.exp(self.scales.log_scales / 2)[self.groups.of_column]
        return np.asarray(self._reading.ascent(self.scales.points(candidates, self.groups)) * stretch)

    @property
    def _reading(self) -> Reading:
        if self._near is None or (self.few and self._followed is not None):
            return self._together
        if self._basis is None:
            self._near.left = self.scores
        return self._near

    @cached_property
    def _basis_kept(self) -> Snapshot:
        return snapshot_of(self._basis)  # once, so that it is written once

    @cached_property
    def _together(self) -> Together:
        if self._known is None:
            raise ValueError(f"{len(self)} points are too many to be weighed at once")
        return Together(self._known, self.scores, self._followed, self.scales.log_trend)

    def _nearest_of(self, known: KnownPoints, more: FloatArray) -> NearPoints:
        """The known points without anchors, as where more come at once than a fit could be made for."""
        first = np.concatenate([known.points, more])[:MAX_ANCHORS]
        axes = PrincipalAxes.of(first)
        typical = typical_distance(near(axes.of_points(first)))
        found = NearPoints(axes, typical, known.noise, self._new_index, self._expected_size)
        found.add(known.points, self.repeats, np.empty(0, dtype=np.int64))
        return found

    def _scores_of(self, labels: Int64Array) -> FloatArray:
        """The scores of some: with a basis, without those of all."""
        return self.transform.to_scores(self.repeats.means_of(labels)) if self._basis else self.scores[labels]

    def _neighbors_to_weigh(self, weighting: Weighting, k: int | None) -> int | None:
        """How many of the nearest; None for all that pay."""
        if weighting is Weighting.KRIGING and (k is None or k > MAX_LOCAL_NEIGHBORS or k >= len(self)):
            return None
        return min(k or PAPER_NEIGHBORS, MAX_LOCAL_NEIGHBORS, len(self))

    def _forget(self) -> None:
        for derived in ("transform", "scores", "_together"):
            self.__dict__.pop(derived, None)


def _novelty(nearest: FloatArray, typical: float) -> FloatArray:
    """Distances to the nearest, in units of what is usual; NaN while there is nothing to compare with."""
    if not np.isfinite(typical):
        return np.full(len(nearest), np.nan)
    if typical == 0:
        return np.where(nearest == 0, 0.0, np.nan)
    return np.asarray(nearest / typical, dtype=np.float64)
