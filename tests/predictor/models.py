"""Small models over points whose columns all mean the same."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.domain.prediction import Observed
from app.domain.study import Direction
from app.index.exact import ExactIndex
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Float32Array
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Scales

DIMENSION = 4
GROUPS = ColumnGroups(np.arange(DIMENSION), np.zeros(DIMENSION, dtype=np.int64))


def new_index(dimension: int, _expected_size: int, _key: str = "") -> ExactIndex:
    return ExactIndex(dimension)


class NamedModel:
    """A model whose architectures have names and lie where they are said to lie first."""

    def __init__(self, model: MetricModel, ids: Sequence[str] = (), points: EmbeddingArray | None = None) -> None:
        self.model = model
        self._rows = {name: row for row, name in enumerate(ids)}
        self._points = np.empty((0, DIMENSION), dtype=np.float32) if points is None else points

    def add(
        self,
        ids: Sequence[str],
        points: EmbeddingArray,
        values: Sequence[float] | FloatArray,
        levels: Sequence[float] | FloatArray | None = None,
    ) -> None:
        first = [i for i, name in enumerate(ids) if name not in self._rows and name not in ids[:i]]
        self._points = np.concatenate([self._points, points[first]])
        rows = np.array([self._rows.setdefault(name, len(self._rows)) for name in ids], dtype=np.int64)
        at = None if levels is None else np.asarray(levels, dtype=np.float64)
        self.model.add(rows, np.asarray(values, dtype=np.float64), self._points, at)

    def __len__(self) -> int:
        return len(self.model)

    @property
    def ids(self) -> list[str]:
        names = list(self._rows)
        return [names[row] for row in self.model.rows.tolist()]

    @property
    def log(self) -> ObservationLog:
        return self.model.log

    def observed(self, name: str) -> Observed | None:
        return self.model.observed(self._rows[name]) if name in self._rows else None

    def best(self, direction: Direction) -> tuple[str, Observed] | None:
        found = self.model.best(direction)
        return found and (list(self._rows)[found[0]], found[1])

    def fitted(self, scales: Scales, n: int | None = None) -> "NamedModel":
        """A model of the same trainings with these scales, as a fit to the first n of them would leave it."""
        model = MetricModel.of(self.log, self.model.groups, new_index, scales, n)
        return NamedModel(model, list(self._rows), self._points)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def empty_model(scales: Scales | None = None) -> NamedModel:
    return NamedModel(MetricModel(GROUPS, new_index, scales))


def model_of(
    points: EmbeddingArray, values: Sequence[float] | FloatArray, ids: Sequence[str] | None = None
) -> NamedModel:
    """A model of points that are called p0, p1 and so on, or as given."""
    model = empty_model()
    model.add(ids or names(len(points)), points, values)
    return model


def names(n: int) -> list[str]:
    return [f"p{i}" for i in range(n)]


def points(n: int, seed: int = 0) -> Float32Array:
    """Shape (n, DIMENSION), standard normal."""
    return np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)


def heights(where: Float32Array) -> list[float]:
    """A smooth function of the points, about 80 to 100."""
    raised: FloatArray = 90 + 5 * np.tanh(where[:, 0]) + 3 * np.sin(where[:, 1])
    return [float(value) for value in raised]


def on_a_line(*positions: float) -> Float32Array:
    """Points that differ in their first column only."""
    found = np.zeros((len(positions), DIMENSION), dtype=np.float32)
    found[:, 0] = positions
    return found
