"""Small models over points whose columns all mean the same."""

from collections.abc import Sequence

import numpy as np

from app.index.exact import ExactIndex
from app.predictor.metric_model import MetricModel
from app.predictor.ports import Float32Array
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Scales

DIMENSION = 4
GROUPS = ColumnGroups(np.arange(DIMENSION), np.zeros(DIMENSION, dtype=np.int64))


def new_index(dimension: int, _expected_size: int) -> ExactIndex:
    return ExactIndex(dimension)


def empty_model(scales: Scales | None = None) -> MetricModel:
    return MetricModel(GROUPS, new_index, scales)


def model_of(points: Float32Array, values: Sequence[float], ids: Sequence[str] | None = None) -> MetricModel:
    """A model of points that are called p0, p1 and so on, or as given."""
    model = empty_model()
    model.add(ids or names(len(points)), points, list(values))
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
