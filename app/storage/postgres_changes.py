"""Tells servers that share a PostgreSQL database of each other's changes, by NOTIFY and LISTEN."""

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from app.storage.postgres import postgres_engine

if TYPE_CHECKING:
    import psycopg

_log = logging.getLogger(__name__)

CHANNEL = "emprox"
_PAUSE_SECONDS = 0.5  # between attempts to connect, and at most between a change and its notification


class PostgresChanges:
    """`Changes` of a database. A notification only wakes up: one that is lost costs time and nothing else.

    It is sent after the commit, by a thread and a connection of its own: within the transaction, PostgreSQL would let
    commits of all servers take turns, each with its own wait for the disk.
    """

    def __init__(self, url: str) -> None:
        self._engine = postgres_engine(url)
        self._changed = threading.Event()
        self._closing = False
        self._heard: psycopg.Connection[tuple[object, ...]] | None = None
        self._telling = threading.Thread(target=self._tell, name="tells", daemon=True)
        self._telling.start()

    def tell(self) -> None:
        """See `Changes.tell`."""
        self._changed.set()

    def wait(self, seconds: float) -> None:
        """See `Changes.wait`."""
        until = time.monotonic() + seconds
        try:
            if self._heard is None:
                self._heard = self._connected()
                self._heard.execute(f"LISTEN {CHANNEL}")
                return  # something may have changed since it listened last
            for _ in self._heard.notifies(timeout=seconds, stop_after=1):
                return
        except Exception as err:  # noqa: BLE001  # SQLAlchemy's, psycopg's and the system's
            if self._heard is not None:
                _log.warning("not told of changes, looked for now and then: %s", str(err).strip())
            self._forget_heard()
            time.sleep(max(0.0, min(until - time.monotonic(), _PAUSE_SECONDS)))

    def close(self) -> None:
        """Listen no more. `wait` is not called any more."""
        self._closing = True
        self._changed.set()
        self._telling.join()
        self._forget_heard()
        self._engine.dispose()

    def _connected(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection that commits each statement, and of which the pool knows nothing any more."""
        connection = self._engine.raw_connection()
        driver = cast("psycopg.Connection[tuple[object, ...]]", connection.driver_connection)
        connection.detach()
        driver.autocommit = True
        return driver

    def _forget_heard(self) -> None:
        if self._heard is not None:
            with suppress(Exception):
                self._heard.close()
            self._heard = None

    def _tell(self) -> None:
        connection = None
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._closing:
                break
            try:
                if connection is None:
                    connection = self._connected()
                    connection.execute("SET synchronous_commit = off")  # nothing to keep: the disk is not waited for
                connection.execute(f"NOTIFY {CHANNEL}")
            except Exception:  # noqa: BLE001  # others look now and then
                with suppress(Exception):
                    if connection is not None:
                        connection.close()
                connection = None
                time.sleep(_PAUSE_SECONDS)
        if connection is not None:
            connection.close()
