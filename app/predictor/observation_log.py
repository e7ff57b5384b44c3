"""What was observed of one metric, from the first observation to the last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.predictor.ports import Int64Array
from app.proximity.factorization import Factorization
from app.proximity.fidelity import FULL, aligned, level_column, target_level
from app.proximity.kernel import FloatArray, matern, squared_distances
from app.proximity.scales import MAX_TO_FIT, ColumnGroups, Scales, fit_scales
from app.proximity.value_transform import ValueTransform

EmbeddingArray = NDArray[np.float32] | NDArray[np.float64]  # of the latter where proxies stand beside the embedding

_MAX_READ = 2048  # trainings of lower fidelity that a fit looks at: the time grows with their third power


@dataclass(frozen=True, slots=True)
class ObservationLog:
    """Every observation of the metric, in the order in which they came.

    Args:
        embeddings: of architectures, by row: shape (architectures, d), unscaled.
        rows: shape (n,): the architecture of each observation.
        values: shape (n,).
        levels: shape (n,): the level of fidelity of each.
    """

    embeddings: EmbeddingArray
    rows: Int64Array
    values: FloatArray
    levels: FloatArray

    @classmethod
    def of(
        cls, ids: Sequence[str], embeddings: EmbeddingArray, values: FloatArray, levels: FloatArray | None = None
    ) -> "ObservationLog":
        """A log of observations, each with its architecture.

        Args:
            embeddings: shape (n, d); of an architecture that comes again, the first counts.
            values, levels: shape (n,); default all levels are full.
        """
        rows_of: dict[str, int] = {}
        rows = np.array([rows_of.setdefault(key, len(rows_of)) for key in ids], dtype=np.int64)
        _, first = np.unique(rows, return_index=True)
        return cls(embeddings[first], rows, values, np.full(len(values), FULL) if levels is None else levels)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_architectures(self) -> int:
        """How many distinct architectures were observed."""
        return len(np.unique(self.rows))

    @property
    def target(self) -> float:
        """The level that estimates are of."""
        return target_level(
            {level: len(np.unique(self.rows[self.levels == level])) for level in np.unique(self.levels).tolist()}
        )

    def at_target(self) -> "ObservationLog":
        """The observations that estimates are of, with their architectures alone, in the order of first appearance."""
        chosen = self.levels == self.target
        rows, distinct = _in_order(self.rows[chosen])
        return ObservationLog(self.embeddings[distinct], rows, self.values[chosen], self.levels[chosen])

    def below_target(self) -> "ObservationLog":
        """The observations of lower fidelity as if they were all of one: a level is a column of their embeddings.

        Their values are scores that are aligned over the levels, and an architecture counts once at each level.
        """
        chosen = np.flatnonzero(self.levels < self.target)
        levels, level_of = np.unique(self.levels[chosen], return_inverse=True)
        rows, distinct = _in_order(self.rows[chosen] * max(1, len(levels)) + level_of)
        of_level, of_row = distinct % max(1, len(levels)), distinct // max(1, len(levels))
        column = level_column(levels[of_level])[:, None]
        embeddings = np.concatenate([column, self.embeddings[of_row]], axis=1)
        values = aligned(self.levels[chosen], self.rows[chosen], self.values[chosen])
        return ObservationLog(embeddings, rows, values, np.full(len(rows), FULL))

    def first(self, n: int) -> "ObservationLog":
        """The first n observations."""
        return replace(self, rows=self.rows[:n], values=self.values[:n], levels=self.levels[:n])

    def fit(self, n: int, groups: ColumnGroups) -> Scales:
        """The scales that the first n observations give: a function of these alone, so that a restart finds them."""
        rng = np.random.default_rng(n)
        first = self.first(n)
        observed, below = first.at_target(), first.below_target()
        chosen = observed.drawn(MAX_TO_FIT, rng)
        embeddings = observed.embeddings[observed.rows[chosen]].astype(np.float64)
        scores = ValueTransform.fit(observed.values).scores[chosen]
        if not len(below.values):
            return fit_scales(embeddings, scores, groups, rng)
        lower = below.fit(len(below.values), groups.with_level())
        at_full = np.insert(embeddings, 0, 0.0, axis=1)
        trend = below.read(at_full, lower, groups.with_level(), rng)
        return replace(fit_scales(embeddings, scores, groups, rng, trend), lower=lower)

    def drawn(self, n: int, rng: np.random.Generator) -> Int64Array:
        """At most n of the observations: all trainings of architectures at random.

        Single trainings at random would tear repeats apart, which tell best how noisy a training is.
        """
        if len(self.rows) <= n:
            return np.arange(len(self.rows))
        distinct = int(self.rows.max()) + 1
        drawn = rng.choice(distinct, min(distinct, n), replace=False)
        place = np.full(distinct, distinct)
        place[drawn] = np.arange(len(drawn))
        ordered = np.argsort(place[self.rows], kind="stable")
        return ordered[: min(n, int((place[self.rows] < distinct).sum()))]

    def read(
        self, embeddings: FloatArray, scales: Scales, groups: ColumnGroups, rng: np.random.Generator
    ) -> FloatArray:
        """The score that these observations, or _MAX_READ of them, let expect of architectures (m, d): shape (m,)."""
        chosen = self.drawn(_MAX_READ, rng)
        rows, distinct = _in_order(self.rows[chosen])
        counts = np.bincount(rows).astype(np.float64)
        scores = ValueTransform.fit(np.bincount(rows, self.values[chosen]) / counts).scores
        points = scales.points(self.embeddings[distinct], groups)
        alpha = Factorization.of(points, counts, float(np.exp(scales.log_noise))).solve(scores)
        return np.asarray(matern(squared_distances(scales.points(embeddings, groups), points)) @ alpha)


def _in_order(keys: Int64Array) -> tuple[Int64Array, Int64Array]:
    """The place of each key among the distinct ones, in the order of first appearance; and these."""
    distinct, first, place = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    renumbered = np.empty_like(order)
    renumbered[order] = np.arange(len(order))
    return renumbered[place], distinct[order]
