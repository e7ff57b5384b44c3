"""Leases of servers that share a PostgreSQL database: its advisory locks, which end with the connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.storage.failures import as_store_errors
from app.storage.postgres import postgres_engine

_NAMESPACE = 0x656D7072  # "empr"


class PostgresLeases:
    """`Leases` by a connection for each. The server lets go of one whose holder was killed at once, and of one that the
    network lost after some seconds (`postgres_engine`); what is done under a lease must bear being done twice.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def hold(self, what: str) -> Iterator[bool]:
        """See `Leases.hold`."""
        engine = postgres_engine(self._url, patience_ms=0)
        try:
            with as_store_errors("the database does not say who does what"):
                connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT", writes=True)
                asked = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
                mine = bool(connection.exec_driver_sql(asked, (_NAMESPACE, what)).scalar())
            yield mine
            connection.invalidate()  # and with the connection the lock
        finally:
            engine.dispose()
