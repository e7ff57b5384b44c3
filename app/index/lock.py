"""A lock that many readers hold together and a writer holds alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class ReadersWriterLock:
    """Admits threads in the order of their arrival, so that neither readers nor writers starve.

    Not reentrant: a thread that holds it must not ask for it again.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._next_ticket = 0
        self._serving = 0
        self._readers = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the lock beside other readers."""
        with self._changed:
            ticket = self._draw_ticket()
            self._changed.wait_for(lambda: self._serving == ticket)
            self._readers += 1
            self._serve_next()
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock alone."""
        with self._changed:
            ticket = self._draw_ticket()
            self._changed.wait_for(lambda: self._serving == ticket and self._readers == 0)
        try:
            yield
        finally:
            with self._changed:
                self._serve_next()

    def _draw_ticket(self) -> int:
        self._next_ticket += 1
        return self._next_ticket - 1

    def _serve_next(self) -> None:
        self._serving += 1
        self._changed.notify_all()
