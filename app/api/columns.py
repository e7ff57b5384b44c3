"""What the routes of the page share: columns as JSON has them, and the metric that is shown."""

from math import isnan
from typing import Annotated

import numpy as np
from fastapi import Query
from numpy.typing import NDArray

from app.domain.study import Metric
from app.proximity.kernel import FloatArray

MetricName = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9._-]{1,64}$", description="One that the study records; default its first."),
]


def nullable(values: FloatArray) -> list[float | None]:
    """Numbers, with null in the place of NaN."""
    return [None if isnan(value) else value for value in values.tolist()]


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
