"""Work that is done together for all who wait for it."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from app.predictor.lane import Lane

T = TypeVar("T")


class Gathering(Generic[T]):
    """Collects what waits for a lane, so that one piece of work on it does for all: the busier, the less each costs.

    What comes while an earlier item waits joins it, ahead of other work that the lane was given in between.

    Args:
        work: given the items in the order in which they came; must not raise.
        size: of an item.
        most: items are taken together up to about this size, so that other work is not held up for long.
    """

    def __init__(self, lane: Lane, work: Callable[[list[T]], None], size: Callable[[T], int], most: int) -> None:
        self._lane = lane
        self._work = work
        self._size = size
        self._most = most
        self._waiting: list[T] = []
        self._lock = threading.Lock()

    def add(self, items: Sequence[T]) -> None:
        """Queue items; from any thread."""
        with self._lock:
            idle = not self._waiting
            self._waiting += items
        if idle and items:
            self._lane.submit(self._work_off)

    def _work_off(self) -> None:
        with self._lock:
            n = self._first_few()
            taken, self._waiting = self._waiting[:n], self._waiting[n:]
            more = bool(self._waiting)
        if more:  # behind what else waits
            self._lane.submit(self._work_off)
        self._work(taken)

    def _first_few(self) -> int:
        total = 0
        for n, item in enumerate(self._waiting):
            total += self._size(item)
            if n and total > self._most:
                return n
        return len(self._waiting)
