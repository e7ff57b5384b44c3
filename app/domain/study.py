"""A study: one thing being searched for, with the metrics it records."""

import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import InvalidStudyError, UnknownMetricError

_NAME = re.compile(r"(?!\.{1,2}$)[a-z0-9._-]{1,64}")  # "." and ".." mean other things in the path of a URL
MAX_METRICS = 32


class Direction(StrEnum):
    """Which values of a metric are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is measured on a trained architecture."""

    name: str
    direction: Direction = Direction.MAXIMIZE
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """A search space and the metrics recorded in it.

    Args:
        name: 1 to 64 of `a-z 0-9 . _ -`.
        space: name of the search space.
        metrics: at least one, each with a name of its own.

    Raises:
        InvalidStudyError: a name breaks the rule, or the metrics are none, too many or not distinct.
    """

    name: str
    space: str
    metrics: tuple[Metric, ...]

    def __post_init__(self) -> None:
        for what, name in [("study", self.name), *(("metric", metric.name) for metric in self.metrics)]:
            if not _NAME.fullmatch(name):
                raise InvalidStudyError(
                    f"{what} name {name[:80]!r} is not 1 to 64 characters of a-z 0-9 . _ -, other than '.' and '..'"
                )
        names = [metric.name for metric in self.metrics]
        if not 1 <= len(names) <= MAX_METRICS:
            raise InvalidStudyError(f"a study records 1 to {MAX_METRICS} metrics, not {len(names)}")
        if len(set(names)) < len(names):
            raise InvalidStudyError(f"metric names must differ: {', '.join(names)}")

    def metric(self, name: str) -> Metric:
        """The metric of this name.

        Raises:
            UnknownMetricError: the study does not record it.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        known = ", ".join(metric.name for metric in self.metrics)
        raise UnknownMetricError(f"study {self.name!r} has no metric {name[:80]!r}: it records {known}")
