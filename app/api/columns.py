"""Columns of numbers as JSON has them."""

from math import isnan

import numpy as np
from numpy.typing import NDArray

from app.domain.study import Metric
from app.proximity.kernel import FloatArray


def nullable(values: FloatArray, digits: int | None = None) -> list[float | None]:
    """Numbers, with null in the place of NaN; rounded where the digits say so."""
    found = values if digits is None else values.round(digits)
    return [None if isnan(value) else value for value in found.tolist()]


def times(values: NDArray[np.datetime64]) -> list[str]:
    """RFC 3339 in UTC, with milliseconds."""
    found: list[str] = np.datetime_as_string(values, unit="ms", timezone="UTC").tolist()
    return found


def texts(values: NDArray[np.bytes_]) -> list[str]:
    """Of ASCII."""
    return [value.decode() for value in values.tolist()]


def shown_metric(metric: Metric) -> dict[str, str]:
    """A `ShownMetric`."""
    return {"name": metric.name, "direction": metric.direction.value, "unit": metric.unit}
