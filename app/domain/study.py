"""A study: one thing being searched for, with the metrics it records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import nan, prod

from app.domain.errors import InvalidStudyError, UnknownMetricError
from app.domain.observation import MAX_MEASURED, Observation, Scalar, Status

STUDY_NAME = re.compile(r"(?!\.{1,2}$)[a-z0-9._-]{1,64}")  # "." and ".." mean other things in the path of a URL
MAX_METRICS = 32
MAX_PROXIES = 16
MAX_FIDELITIES = 4


class Direction(StrEnum):
    """Which values of a metric are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is measured on a trained architecture.

    Args:
        failure_value: what a failed training counts as; None where it does not count.
    """

    name: str
    direction: Direction = Direction.MAXIMIZE
    unit: str = ""
    failure_value: float | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """A search space and the metrics recorded in it.

    Args:
        name: 1 to 64 of `a-z 0-9 . _ -`.
        space: name of the search space.
        metrics: at least one, each with a name of its own.
        proxies: names of the numbers that come with every architecture and hint at its metrics.
        fidelity: what a full training is, such as 200 epochs; empty where all trainings count alike.

    Raises:
        InvalidStudyError: a name breaks the rule, the metrics are none, metrics or proxies are too many or not
            distinct, or the value of a failure or of a full training is no number that it may be.
    """

    name: str
    space: str
    metrics: tuple[Metric, ...]
    proxies: tuple[str, ...] = ()
    fidelity: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = [("study", self.name), *(("metric", metric.name) for metric in self.metrics)]
        named += [("proxy", proxy) for proxy in self.proxies] + [("fidelity", each) for each in self.fidelity]
        for what, name in named:
            if not STUDY_NAME.fullmatch(name):
                raise InvalidStudyError(
                    f"{what} name {name[:80]!r} is not 1 to 64 characters of a-z 0-9 . _ -, other than '.' and '..'"
                )
        names = [metric.name for metric in self.metrics]
        if not 1 <= len(names) <= MAX_METRICS:
            raise InvalidStudyError(f"a study records 1 to {MAX_METRICS} metrics, not {len(names)}")
        if len(set(names)) < len(names):
            raise InvalidStudyError(f"metric names must differ: {', '.join(names)}")
        for metric in self.metrics:
            if metric.failure_value is not None and not abs(metric.failure_value) <= MAX_MEASURED:
                raise InvalidStudyError(
                    f"failure_value of metric {metric.name!r} is {metric.failure_value}: "
                    f"it must be a number from -{MAX_MEASURED:g} to {MAX_MEASURED:g}"
                )
        if len(self.proxies) > MAX_PROXIES:
            raise InvalidStudyError(f"a study has at most {MAX_PROXIES} proxies, not {len(self.proxies)}")
        if len(set(self.proxies)) < len(self.proxies):
            raise InvalidStudyError(f"proxy names must differ: {', '.join(self.proxies)}")
        if len(self.fidelity) > MAX_FIDELITIES:
            raise InvalidStudyError(f"fidelity has at most {MAX_FIDELITIES} numbers, not {len(self.fidelity)}")
        for name, full in self.fidelity.items():
            if not 0 < full <= MAX_MEASURED:
                raise InvalidStudyError(
                    f"fidelity {name!r} of a full training is {full}: it must be above 0 and at most {MAX_MEASURED:g}"
                )

    @property
    def full(self) -> str:
        """What a full training is, for people; empty where it is not declared."""
        return ", ".join(f"{name} {exact(value)}" for name, value in sorted(self.fidelity.items()))

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

    def wrong_observation(self, observation: Observation) -> str | None:
        """What is wrong with an observation, but for its architecture, or None."""
        completed = observation.status is Status.COMPLETED
        return (
            self.wrong_metrics(observation.metrics, observation.status)
            or self.wrong_fidelity(observation.fidelity)
            or self.wrong_proxies(observation.proxies, all_known=completed)
        )

    def wrong_metrics(self, metrics: Mapping[str, float], status: Status) -> str | None:
        """What is wrong with the values measured in a training, or None."""
        recorded = [metric.name for metric in self.metrics]
        for name, value in metrics.items():
            if name not in recorded:
                return f"study {self.name!r} has no metric {name[:80]!r}: it records {', '.join(recorded)}"
            if not abs(value) <= MAX_MEASURED:  # NaN is not either
                return f"metric {name!r} is {value}: it must be a number from -{MAX_MEASURED:g} to {MAX_MEASURED:g}"
        if not metrics and status is Status.COMPLETED:
            return f"a completed training has at least one of the metrics {', '.join(recorded)}"
        return None

    def wrong_fidelity(self, fidelity: Mapping[str, Scalar]) -> str | None:
        """What is wrong with the fidelity of a training, or None; what the study does not declare is a mere note."""
        for name, full in self.fidelity.items():
            value = fidelity.get(name, full)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= full:
                return (
                    f"fidelity {name!r} is {value!r:.80}: it must be a number above 0 and at most {exact(full)}, "
                    f"which study {self.name!r} declares for a full training"
                )
        return None

    def misnamed_fidelity(self, fidelity: Mapping[str, Scalar]) -> str | None:
        """What is wrong with a fidelity that is new and says nothing that the study declares, or None.

        It would count as a full training, where a mistyped name is likelier.
        """
        if not fidelity or not self.fidelity or fidelity.keys() & self.fidelity.keys():
            return None
        return (
            f"fidelity says {', '.join(name[:80] for name in fidelity)}, and not {' or '.join(self.fidelity)}, which "
            f"study {self.name!r} declares: give that, or leave fidelity out for a full training"
        )

    def share(self, fidelity: Mapping[str, Scalar]) -> float:
        """How much of a full training one of this fidelity is: a product over what is declared, in (0, 1].

        What a training does not say counts as full.
        """
        return prod(float(fidelity.get(name) or full) / full for name, full in self.fidelity.items())

    def proxy_values(self, proxies: Mapping[str, float]) -> tuple[float, ...]:
        """The proxies of an architecture in the order of the study, NaN for one that is not known."""
        return tuple(proxies.get(name, nan) for name in self.proxies)

    def wrong_proxies(self, proxies: Mapping[str, float], *, all_known: bool) -> str | None:
        """What is wrong with the proxies of an architecture, or None.

        Args:
            all_known: none may be missing.
        """
        for name, value in proxies.items():
            if name not in self.proxies:
                without = "it was declared without any, so leave them out or declare another study"
                known = f"its proxies are {', '.join(self.proxies)}" if self.proxies else without
                return f"study {self.name!r} has no proxy {name[:80]!r}: {known}"
            if not abs(value) <= MAX_MEASURED:  # NaN is not either
                return f"proxy {name!r} is {value}: it must be a number from -{MAX_MEASURED:g} to {MAX_MEASURED:g}"
        missing = ", ".join(name for name in self.proxies if name not in proxies)
        if missing and all_known:
            return f"proxies are missing: {missing}. Study {self.name!r} declares them: send all with each architecture"
        return None


def exact(value: float) -> str:
    """A number with all of its digits, a whole one without a point: 1281167, 0.5, 1e+100."""
    return repr(float(value)).removesuffix(".0")
