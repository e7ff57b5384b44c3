"""What the nearest of many trained architectures say of a candidate, beyond what the anchors say of all."""

from functools import cached_property

import numpy as np

from app.compiled import kernels
from app.predictor.basis import Basis
from app.predictor.growing import GrowingRows
from app.predictor.known_points import NewIndex
from app.predictor.ports import Int64Array
from app.predictor.reading import Nearest, Read
from app.predictor.repeats import Repeats
from app.predictor.snapshot import KeptIndex, Snapshot
from app.predictor.timings import timed
from app.proximity.acquisition import Posterior
from app.proximity.factorization import Factorization
from app.proximity.joint import ascent, joint_posterior
from app.proximity.kernel import FloatArray
from app.proximity.local import weigh
from app.proximity.principal import PrincipalAxes, near
from app.proximity.trend import Guess
from app.proximity.weighting import Weighting

NEIGHBORS = 48  # of the anchors, and as many of the others: the time of a candidate grows with their square
ROUGH_NEIGHBORS = 8
_SAME = 1e-6  # of the spread: what rounding leaves between two readings of one architecture
_MOST_TOGETHER = 4096  # points that one factorization holds
_SIGNAL_OF = 1000  # points that the variance of the signal is told from, where there are no anchors


class NearPoints:
    """A `Reading` by the anchors of a basis and the nearest points, however many there are.

    A score is what the anchors expect, and what they leave of the scores around ("residual kriging"):

        t(x) ~ g(x) + w' (t_N - g_N),   w = (K_NN + vR)^-1 k_N(x)

    with N the nearest anchors, of which nothing is left, and the nearest others. Without a basis nothing is expected,
    and all of the scores is left. No trend is followed. Belongs to one thread at a time.

    Args:
        axes: of the basis, where there is one.
        typical: the usual distance between a point and its nearest.
        noise: v.
        expected_size: about how many points there will be.

    Attributes:
        left: what the anchors leave of the scores t, shape (n,); without a basis the scores, which the owner sets.
    """

    def __init__(
        self,
        axes: PrincipalAxes,
        typical: float,
        noise: float,
        new_index: NewIndex,
        expected_size: int,
        basis: Basis | None = None,
    ) -> None:
        self._axes, self._noise, self._basis = axes, noise, basis
        self.typical = typical
        empty = near(axes.axes[:0])
        self._points = GrowingRows(empty)
        self._expected = GrowingRows(np.empty(0))
        self._left = GrowingRows(np.empty(0))
        self._anchor_of = GrowingRows(np.empty(0, dtype=np.int64))  # by label, -1 for one that is none
        self._label_of_anchor = np.full(len(basis.keys) if basis else 0, -1)
        self._label_of_other = GrowingRows(np.empty(0, dtype=np.int64))
        self._index = new_index(empty.shape[1], expected_size, axes.checksum)
        self._counts = np.empty(0)
        self.left = self._left.rows

    def __len__(self) -> int:
        return len(self._points)

    def add(self, points: FloatArray, repeats: Repeats, changed: Int64Array) -> None:
        """Take in further points, and what was measured.

        Args:
            points: shape (m, d), scaled.
            repeats: of all points, the further ones included.
            changed: labels of those with more trainings than before, the further ones included.
        """
        along = self._axes.of_points(points)
        labels = np.arange(len(self), len(self) + len(points))
        anchor = self._anchors_among(repeats.keys[labels])
        other = anchor < 0
        self._label_of_anchor[anchor[~other]] = labels[~other]
        self._label_of_other.append(labels[other])
        self._index.add(near(along[other]))
        self._anchor_of.append(anchor)
        self._points.append(near(along))
        self._counts = repeats.counts
        if self._basis:
            expected = np.empty(len(points))
            expected[other] = self._basis.anchors.expected(along[other])
            expected[~other] = self._basis.expected[anchor[~other]]
            self._expected.append(expected)
            self._left.append(np.zeros(len(points)))
            self.left = self._left.rows
            self.left[changed] = self._left_of(self._basis, repeats, changed)
        self.__dict__.pop("_signal", None)

    def restore(self, snapshot: Snapshot, repeats: Repeats) -> None:
        """Take in the points of a snapshot, into none so far, with what was measured at them."""
        self._points, self._expected = (GrowingRows.kept(snapshot.columns[name]) for name in ("points", "expected"))
        anchor, labels = self._anchors_among(repeats.keys), np.arange(len(self))
        self._label_of_anchor[anchor[anchor >= 0]] = labels[anchor >= 0]
        self._label_of_other.append(labels[anchor < 0])
        self._anchor_of.append(anchor)
        kept = snapshot.indexes.get("others")
        self._index = kept.index if kept else self._index
        self._index.add(self._points.rows[self._label_of_other.rows[len(self._index) :]])
        self._counts = repeats.counts
        if self._basis:
            self._left.append(self._left_of(self._basis, repeats, labels))
            self.left = self._left.rows

    def snapshot(self) -> Snapshot:
        """What is worth keeping."""
        columns = {"points": self._points.column, "expected": self._expected.column}
        return Snapshot({}, columns, {"others": KeptIndex(columns["points"].origin, self._index, len(self._index))})

    def prepare(self) -> None:
        """See `Reading.prepare`."""
        _ = self._signal

    def read(self, candidates: FloatArray, guess: Guess | None = None) -> Read:  # noqa: ARG002
        """See `Reading.read`."""
        return self._read(candidates, NEIGHBORS)

    def rough(self, candidates: FloatArray, guess: Guess | None = None) -> tuple[FloatArray, FloatArray]:  # noqa: ARG002
        """See `Reading.rough`."""
        read = self._read(candidates, ROUGH_NEIGHBORS)
        return read.mean, read.variance

    def latent(self, candidates: FloatArray) -> Guess:
        """See `Reading.latent`."""
        read = self._read(candidates, ROUGH_NEIGHBORS)
        return Guess(read.mean, np.maximum(read.variance - self._signal * self._noise, 0))

    def expected(self, candidates: FloatArray) -> FloatArray:
        """See `Reading.expected`."""
        return self._read(candidates, ROUGH_NEIGHBORS).mean

    def weigh(self, candidates: FloatArray, k: int, weighting: Weighting) -> tuple[Nearest, FloatArray]:
        """See `Reading.weigh`."""
        along = self._axes.of_points(candidates)
        at = near(along)
        _, labels = self._around(along, k)
        differences = (self._points.rows[labels] - at[:, None]).astype(np.float64)
        distances = self._without_rounding(np.sqrt(np.einsum("mkd,mkd->mk", differences, differences)))
        order = np.lexsort((labels, distances))[:, :k]
        labels, distances = np.take_along_axis(labels, order, axis=1), np.take_along_axis(distances, order, axis=1)
        seen = distances[:, 0] == 0
        at[seen] = self._points.rows[labels[seen, 0]]  # to the last bit, or an exact match would not get all the weight
        weights, variance = weigh(at, self._points.rows, labels, self._counts, self._noise, weighting)
        return Nearest(labels, distances, weights), self._signal * variance

    def explain(self, candidates: FloatArray, n: int, guess: Guess | None = None) -> Nearest:  # noqa: ARG002
        """See `Reading.explain`."""
        k = min(max(n, 2 * NEIGHBORS), len(self))
        return self.weigh(candidates, k, Weighting.KRIGING)[0].first(n)

    def posterior(self, candidates: FloatArray, guess: Guess | None = None) -> Posterior:  # noqa: ARG002
        """See `Reading.posterior`."""
        signal = self._signal or 1.0  # of a constant metric nothing is known, and every candidate may differ
        along = self._axes.of_points(candidates)
        mean, labels = self._around(along, ROUGH_NEIGHBORS)
        together = np.unique(labels)[:_MOST_TOGETHER]
        at = near(along).astype(np.float64)
        found, covariance = joint_posterior(at, self._part(together), self.left[together, None], signal)
        return Posterior(mean + found[:, 0], covariance, signal * self._noise)

    def ascent(self, candidates: FloatArray) -> FloatArray:
        """See `Reading.ascent`."""
        along = self._axes.of_points(candidates)
        _, labels = self._around(along, ROUGH_NEIGHBORS)
        together = np.unique(labels)[:_MOST_TOGETHER]
        part, at = self._part(together), near(along).astype(np.float64)
        found = self._axes.to_columns(ascent(at, part.points, part.solve(self.left[together])))
        if self._basis:
            anchors = self._basis.anchors
            found += self._axes.to_columns(ascent(along, anchors.points, anchors.solved))
        return found

    @cached_property
    def _signal(self) -> float:
        """s^2; of the anchors, or of some of the points."""
        if self._basis:
            return self._basis.anchors.signal
        chosen = np.random.default_rng(len(self)).choice(len(self), min(_SIGNAL_OF, len(self)), replace=False)
        return float(self.left[chosen] @ self._part(chosen).solve(self.left[chosen])) / len(chosen)

    def _read(self, candidates: FloatArray, k: int) -> Read:
        along = self._axes.of_points(candidates)
        mean, labels = self._around(along, k)
        beyond, variance, nearest, squared = kernels.krige(
            near(along), self._points.rows, labels, self.left, self._counts, self._noise
        )
        n_anchors = len(self._label_of_anchor)
        weighed = n_anchors + min(k if n_anchors else 2 * k, len(self._index))
        distance = self._without_rounding(np.sqrt(squared))
        return Read(mean + beyond, self._signal * variance, nearest, distance, weighed)

    def _around(self, along: FloatArray, k: int) -> tuple[FloatArray, Int64Array]:
        """What the anchors expect (m,), and the nearest k of them and of the others, in any order: (m, at most 2 k)."""
        found, parts = np.zeros(len(along)), []
        if self._basis:
            found, anchors = self._basis.anchors.read(along, k)
            parts.append(self._label_of_anchor[anchors])
        if len(self._index):
            with timed("neighbors"):
                others, _ = self._index.search(near(along), k if parts else 2 * k)
            parts.append(self._label_of_other.rows[others])
        return found, np.concatenate(parts, axis=1)

    def _part(self, labels: Int64Array) -> Factorization:
        return Factorization.of(self._points.rows[labels].astype(np.float64), self._counts[labels], self._noise)

    def _without_rounding(self, distances: FloatArray) -> FloatArray:
        return np.where(distances < _SAME * self._axes.spread, 0.0, distances)

    def _anchors_among(self, keys: Int64Array) -> Int64Array:
        """Which anchor was trained under each key, -1 for none."""
        if self._basis is None:
            return np.full(len(keys), -1)
        place = np.minimum(np.searchsorted(self._basis.keys, keys), len(self._basis.keys) - 1)
        return np.where(self._basis.keys[place] == keys, place, -1)

    def _left_of(self, basis: Basis, repeats: Repeats, labels: Int64Array) -> FloatArray:
        """What the anchors leave of the scores of these; of an anchor, of the trainings that it does not know."""
        anchor, counts = self._anchor_of.rows[labels], repeats.counts[labels]
        known = np.where(anchor < 0, 0.0, basis.counts[anchor])
        further = counts - known
        means = (counts * repeats.means_of(labels) - known * basis.means[anchor]) / np.maximum(further, 1)
        # Two readings of one point are one whose noise is that of both, and so is what they leave.
        return np.asarray((basis.transform.to_scores(means) - self._expected.rows[labels]) * further / counts)
