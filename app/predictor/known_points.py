"""Where the trained architectures lie, and how they hang together."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from app.predictor.growing import GrowingRows
from app.predictor.ports import Int64Array, NeighborIndex
from app.predictor.timings import timed
from app.proximity.factorization import Factorization
from app.proximity.kernel import FloatArray, squared_distances, squares
from app.proximity.local import weigh
from app.proximity.weighting import Weighting

NewIndex = Callable[[int, int, str], NeighborIndex]
"""Makes an index, given the dimension of its vectors, about how many, and what tells them from those of others."""

MAX_FACTORIZED = 4096  # a new factorization takes 1 to 2 s and 134 MB (benchmarks/choices.py)
# With more repeats at once than one in so many points, a new factorization costs at most twice as much
# (benchmarks/choices.py).
POINTS_PER_UPDATE = 16
_CHUNK = 1024  # points taken in at once: their distances to MAX_FACTORIZED others take 34 MB


class KnownPoints:
    """Few scaled points, with how many trainings each stands for: an index of them, and their factorized covariance.

    Belongs to one thread at a time.

    Args:
        noise: v.
    """

    def __init__(self, dimension: int, noise: float, new_index: NewIndex) -> None:
        self.noise = noise
        self.counts = np.empty(0)
        self._points = GrowingRows(np.empty((0, dimension)))
        self._squares = GrowingRows(np.empty(0))
        self._nearest = GrowingRows(np.empty(0))
        self._index = new_index(dimension, MAX_FACTORIZED, "few")
        self._factorization: Factorization | None = None
        self._repeated: set[int] = set()  # since it was made

    def __len__(self) -> int:
        return len(self._points)

    @property
    def points(self) -> FloatArray:
        """Shape (n, d)."""
        return self._points.rows

    def add(self, points: FloatArray, counts: FloatArray, repeated: set[int]) -> None:
        """Take in further points.

        Args:
            points: shape (m, d).
            counts: trainings of all points, shape (n + m,).
            repeated: which of the first n have more of them than before.
        """
        self.counts = counts
        self._repeated |= repeated
        start = len(self)
        self._points.append(points)
        self._squares.append(squares(points))
        self._nearest.append(np.full(len(points), np.nan))
        for first in range(start, len(self), _CHUNK):
            chunk = self.points[first : min(first + _CHUNK, len(self))]
            self._see(first, chunk)
            self._index.add(chunk.astype(np.float32))
        self.__dict__.pop("typical", None)

    @property
    def factorized(self) -> Factorization:
        """Of all of them; what was added since it was last asked for is taken in now."""
        held = self._factorization
        if held is None or len(held.points) < len(self) or self._repeated:
            self._factorization = None  # where this fails, whoever asks next has one made anew
            held = self._updated(held) or Factorization.of(self.points, self.counts, self.noise)
            self._factorization, self._repeated = held, set()
        return held

    def squared_distances(self, points: FloatArray) -> FloatArray:
        """Shape (m, n): of points (m, d) to all of these."""
        with timed("neighbors"):
            return squared_distances(points, self.points, self._squares.rows)

    def search(self, points: FloatArray, k: int) -> tuple[Int64Array, FloatArray]:
        """The k nearest of each point (m, d): labels and distances, (m, k)."""
        with timed("neighbors"):
            labels, distances = self._index.search(points.astype(np.float32), k)
        return labels, distances.astype(np.float64)

    def weigh(self, points: FloatArray, labels: Int64Array, weighting: Weighting) -> tuple[FloatArray, FloatArray]:
        """Weights of each point's neighbors (m, k), and the variance that they leave (m,), in units of s^2."""
        return weigh(points, self.points, labels, self.counts, self.noise, weighting)

    @cached_property
    def typical(self) -> float:
        """The typical distance between a point and its nearest."""
        return float(np.nanmedian(self._nearest.rows))

    def _updated(self, held: Factorization | None) -> Factorization | None:
        """A factorization with repeats of its points and with further points; None where a new one costs less."""
        if held is None:
            return None
        n = len(held.points)
        repeated = np.array(sorted(row for row in self._repeated if row < n), dtype=np.int64)
        if len(repeated) * POINTS_PER_UPDATE > n:
            return None
        if len(repeated):
            held = held.repeated(repeated, self.counts[repeated])
        return held.extended(self.points[n:], self.counts[n:]) if len(self) > n else held

    def _see(self, first: int, chunk: FloatArray) -> None:
        """Note how far points are from those before them, and from each other."""
        rows = np.arange(first, first + len(chunk))
        nearest = self._nearest.rows
        among = squared_distances(chunk, chunk)
        np.fill_diagonal(among, np.inf)
        to_old = squared_distances(chunk, self.points[:first], self._squares.rows[:first])
        nearest[rows] = np.sqrt(np.concatenate([to_old, among], axis=1).min(axis=1, initial=np.inf))
        nearest[:first] = np.minimum(nearest[:first], np.sqrt(to_old.min(axis=0, initial=np.inf)))
