"""How long each step of an answer takes, and how long requests wait before the first.

The steps lie deep in calls that are about architectures and points, so what is being timed is found by the thread.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Literal, get_args

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NUMBERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

Step = Literal["queue", "parse", "encode", "neighbors", "weights", "commit"]
"""What an answer is made of. An enumeration would be hashed by Python, in more time than is left for all of this."""
STEPS: tuple[Step, ...] = get_args(Step)


class Spread:
    """How many values came up to each of some bounds, and their sum. Safe to use from any thread."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()  # held for less time than it takes to ask for it

    def add(self, value: float) -> None:
        """Count a value."""
        with self._lock:
            self._counts[bisect_left(self.bounds, value)] += 1
            self._sum += value

    def counted(self) -> tuple[list[int], float]:
        """How many values were above the bound before and not above this one, the last without bound; their sum."""
        with self._lock:
            return self._counts.copy(), self._sum


class Timings:
    """Of all requests of a kind; those that were answered together count once."""

    def __init__(self) -> None:
        self.steps = {step: Spread(SECONDS) for step in STEPS}

    @contextmanager
    def measured(self, since: Iterable[float] = ()) -> Iterator[None]:
        """Within it the steps of answers are timed that this thread makes.

        Args:
            since: when each request came, by `time.perf_counter`.
        """
        begun = time.perf_counter()
        for came in since:
            self.steps["queue"].add(begun - came)
        watch = _Watch()
        token = _current.set(watch)
        try:
            yield
        finally:
            _current.reset(token)
            for step, seconds in watch.seconds.items():
                self.steps[step].add(seconds)


class timed:  # noqa: N801  # reads like the function that it would be, in half the time
    """Within it this thread is at a step: without what of it is a step of its own."""

    __slots__ = ("_before", "_start", "_step", "_watch")

    def __init__(self, step: Step) -> None:
        self._step = step

    def __enter__(self) -> None:
        watch = self._watch = _current.get()
        if watch is not None:
            self._before, watch.inside = watch.inside, 0.0
            self._start = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        watch = self._watch
        if watch is not None:
            spent = time.perf_counter() - self._start
            watch.seconds[self._step] = watch.seconds.get(self._step, 0.0) + spent - watch.inside
            watch.inside = self._before + spent


class _Watch:
    """Seconds by step so far; and those of the steps within the one that the thread is at."""

    __slots__ = ("inside", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[Step, float] = {}
        self.inside = 0.0


_current: ContextVar[_Watch | None] = ContextVar("watch", default=None)
