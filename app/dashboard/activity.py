"""Who asks and observes, how fast, and what failed: since the start, in memory that does not grow."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

import numpy as np

MINUTES = 60
TIMED = 1000  # requests of a kind whose times are kept
MAX_WORKERS = 200
MAX_FAILURES = 50
MAX_DETAIL = 300  # characters of what failed


class Kind(StrEnum):
    """What is counted."""

    PREDICT = "predict"
    OBSERVE = "observe"
    SUGGEST = "suggest"


class Failure(NamedTuple):
    """A request that failed.

    Args:
        at: in seconds since 1970.
        route: method and path.
        type: of the problem that was answered.
    """

    at: float
    route: str
    status: int
    type: str
    detail: str
    worker: str | None


@dataclass(slots=True)
class Asked:
    """A request, as far as it is known while it is answered.

    Args:
        kind: None of one that is not counted, and only told where it fails.
        worker: who asks, by a header or by the address.
        items: how many candidates, observations or suggestions it is about.
        by: the items of each worker, where they are of others than who asks.
        problem: status, type and detail, where it fails.
        looks: nobody works on the study: someone looks at it.
    """

    route: str
    kind: Kind | None
    worker: str | None
    study: str | None = None
    items: int = 0
    by: Mapping[str | None, int] | None = None
    problem: tuple[int, str, str] | None = None
    looks: bool = False

    def about(self, study: str, items: int, by: Mapping[str | None, int] | None = None) -> None:
        """Note what it is about."""
        self.study, self.items, self.by = study, items, by


@dataclass(slots=True)
class WorkerActivity:
    """What one worker has asked for: items by kind, and requests that failed."""

    items: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    failed: int = 0
    last_seen: float = 0.0


@dataclass(frozen=True, slots=True)
class KindActivity:
    """What was asked of one kind in the last hour.

    Args:
        median_ms, p99_ms: of the last TIMED requests of that hour that succeeded; None where there were none.
    """

    requests: int
    items: int
    failed: int
    median_ms: float | None
    p99_ms: float | None


class StudyActivity:
    """The activity of one study.

    Attributes:
        requests: how many there were since the start.
        workers: the one that was seen last at the end.
        failures: the newest at the end.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.workers: OrderedDict[str | None, WorkerActivity] = OrderedDict()
        self.failures: deque[Failure] = deque(maxlen=MAX_FAILURES)
        # By minute since 1970, and in it by kind: requests, items, failed requests.
        self._minutes: OrderedDict[int, dict[Kind, list[int]]] = OrderedDict()
        self._times: dict[Kind, deque[tuple[float, float]]] = {kind: deque(maxlen=TIMED) for kind in Kind}

    def note(self, asked: Asked, kind: Kind, now: float, milliseconds: float) -> None:
        """Count a request."""
        self.requests += 1
        counts = self._minute(int(now // 60))[kind]
        counts[0] += 1
        if asked.problem:
            counts[2] += 1
            self._worker(asked.worker, now).failed += 1
            return
        counts[1] += asked.items
        self._times[kind].append((now, milliseconds))
        if asked.by is None:
            self._worker(asked.worker, now).items[kind] += asked.items
        else:
            for worker, items in asked.by.items():
                self._worker(worker, now).items[kind] += items

    def per_minute(self, now: float) -> tuple[list[int], dict[Kind, list[int]]]:
        """The last MINUTES minutes since 1970, the running one last; and the items of each, by kind."""
        minutes = _last_minutes(now)
        nothing = _nothing()
        counted = [self._minutes.get(minute, nothing) for minute in minutes]
        return minutes, {kind: [counts[kind][1] for counts in counted] for kind in Kind}

    def of_kind(self, kind: Kind, now: float) -> KindActivity:
        """The last hour of a kind."""
        counted = [self._minutes[minute][kind] for minute in _last_minutes(now) if minute in self._minutes]
        requests, items, failed = (sum(column) for column in zip([0, 0, 0], *counted, strict=True))
        times = [spent for at, spent in self._times[kind] if now - at < MINUTES * 60]
        median, p99 = np.quantile(times, [0.5, 0.99]).tolist() if times else (None, None)
        return KindActivity(requests, items, failed, median, p99)

    def _minute(self, minute: int) -> dict[Kind, list[int]]:
        found = self._minutes.get(minute)
        if found is None:
            found = self._minutes[minute] = _nothing()
            while len(self._minutes) > MINUTES:
                self._minutes.popitem(last=False)
        return found

    def _worker(self, name: str | None, now: float) -> WorkerActivity:
        found = self.workers.get(name)
        if found is None:
            found = self.workers[name] = WorkerActivity()
            while len(self.workers) > MAX_WORKERS:
                self.workers.popitem(last=False)
        else:
            self.workers.move_to_end(name)
        found.last_seen = now
        return found


class Activity:
    """The activity of all studies; belongs to the event loop.

    Args:
        known: whether there is a study of a name.
    """

    def __init__(self, known: Callable[[str], bool]) -> None:
        self.since = datetime.now(UTC)
        self._known = known
        self._studies: dict[str, StudyActivity] = {}
        self._failures: deque[Failure] = deque(maxlen=MAX_FAILURES)  # of which nobody knows the study
        self._failed = 0

    def note(self, asked: Asked, now: float, milliseconds: float) -> None:
        """Take note of a request that was answered.

        Args:
            now: in seconds since 1970.
            milliseconds: that the answer took.
        """
        if asked.looks:
            return
        study = asked.study if asked.study is not None and self._known(asked.study) else None
        if study is not None and asked.kind is not None:
            self.of(study).note(asked, asked.kind, now, milliseconds)
        about_none = study is None and asked.kind is None  # such as a declaration that is refused
        if asked.problem and not about_none:
            status, kind, detail = asked.problem
            failures = self._failures if study is None else self.of(study).failures
            failures.append(Failure(now, asked.route, status, kind, detail[:MAX_DETAIL], asked.worker))
            self._failed += study is None

    def of(self, study: str) -> StudyActivity:
        """What was noted of a study that there is."""
        found = self._studies.get(study)
        if found is None:
            found = self._studies[study] = StudyActivity()
        return found

    def failures(self, study: str, *, of_none: bool = True) -> list[Failure]:
        """The last that failed of this study, and those whose study nobody knows; newest first.

        Args:
            of_none: whether those are among them.
        """
        found = self._studies.get(study)
        both = [*(found.failures if found else ()), *(self._failures if of_none else ())]
        return sorted(both, key=lambda failure: -failure.at)[:MAX_FAILURES]

    def requests(self, study: str) -> int:
        """How many there were since the start, with those that failed and whose study nobody knows."""
        found = self._studies.get(study)
        return (found.requests if found else 0) + self._failed

    def forget(self, study: str) -> None:
        """A study was deleted."""
        self._studies.pop(study, None)


def _nothing() -> dict[Kind, list[int]]:
    return {kind: [0, 0, 0] for kind in Kind}


def _last_minutes(now: float) -> list[int]:
    last = int(now // 60)
    return list(range(last - MINUTES + 1, last + 1))
