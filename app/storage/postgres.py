"""The store over PostgreSQL, which several servers share; needs the extra `postgres`."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from app.domain.errors import StoreError
from app.storage.data_directory import locked
from app.storage.failures import as_store_errors
from app.storage.json_columns import json_text, json_value
from app.storage.observation_store import SqlObservationStore
from app.storage.schema import check_schema, migrate

CONNECTIONS, MORE = 16, 48  # kept open, and opened at need: a stream holds one for as long as somebody reads it
_WAIT_SECONDS = 10  # for one of them, and for the server
_STATEMENT_MS = 60_000
# Whoever holds the row of a study is not waited for without end: it may be a server that the network has lost. A reader
# may be slow for longer.
_WRITER = "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '15s'"
_READER_IDLE_MS = 600_000
# Seconds after which each side gives a silent other one up.
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 5_000}
_SERVER_ALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
_OLDEST = 150_000  # PostgreSQL 15: the oldest that is looked after in 2026 and that this was thought for
_MIGRATING = 0x656D70726F78  # the advisory lock of who migrates: "emprox"
_NO_ADDRESS = (
    "EMPROX_DATABASE_URL is no address of a PostgreSQL database, such as postgresql://user:password@host/emprox: "
    "correct it, or leave it unset for SQLite in the data directory"
)


def open_postgres_store(
    url: str, directory: Path | None = None, written: Callable[[], None] = lambda: None
) -> SqlObservationStore:
    """The store in a database, migrated as needed.

    Args:
        url: such as "postgresql://user:password@host/database".
        directory: what the server keeps beside it is there; held until the store is closed.
        written: called after each commit.

    Raises:
        StoreError: the server cannot be reached, is too old, or lacks a permission; the database is newer than this
            program; or the directory is held by another process.
    """
    engine = postgres_engine(url)
    name = _name(engine)
    with ExitStack() as stack:
        if directory:
            stack.enter_context(locked(directory))
        stack.callback(engine.dispose)
        with as_store_errors(f"database {name} cannot be used: look at EMPROX_DATABASE_URL and at the server"):
            _check_server(engine, name)
            with _alone(postgres_engine(url, patience_ms=0)) as patient:
                migrate(patient, name)
        store = SqlObservationStore(engine, stack.pop_all().close, written)
        with ExitStack() as opened:
            opened.callback(store.close)
            store.check_writable()  # a standby, or a role that may only read, is told at once
            opened.pop_all()
        return store


def read_postgres_store(url: str) -> SqlObservationStore:
    """The store in a database, to read from.

    Raises:
        StoreError: as `open_postgres_store`, or the database was made by an older program.
    """
    engine = postgres_engine(url)
    name = _name(engine)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        with as_store_errors(f"database {name} cannot be read: look at EMPROX_DATABASE_URL and at the server"):
            _check_server(engine, name)
            check_schema(engine, name)
        return SqlObservationStore(engine, stack.pop_all().close)


def described(url: str) -> str:
    """Which PostgreSQL it is, and how far away.

    Raises:
        StoreError: as `read_postgres_store`.
    """
    engine = postgres_engine(url)
    name = _name(engine)
    try:
        with as_store_errors(f"database {name} cannot be read: look at EMPROX_DATABASE_URL and at the server"):
            _check_server(engine, name)
            with engine.connect() as connection:
                start = time.perf_counter()
                (version,) = connection.exec_driver_sql("SHOW server_version").one()
                milliseconds = 1000 * (time.perf_counter() - start)
    finally:
        engine.dispose()
    return f"{name}, PostgreSQL {version}, {milliseconds:.1f} ms away"


def postgres_engine(url: str, patience_ms: int = _STATEMENT_MS) -> Engine:
    """An engine whose commits are on the disk when they return; dispose of it after use.

    Args:
        patience_ms: the longest that a statement may take, waiting included; 0 for as long as it takes.

    Raises:
        StoreError: it is no address of a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as err:  # the latter of a port that is no number
        raise StoreError(_NO_ADDRESS) from err
    if parsed.get_backend_name() != "postgresql":
        raise StoreError(_NO_ADDRESS)
    if find_spec("psycopg") is None:
        raise StoreError("PostgreSQL needs psycopg, which is not installed: pip install 'emprox-server[postgres]'")
    options = (
        f"-c statement_timeout={patience_ms} -c idle_in_transaction_session_timeout={_READER_IDLE_MS} "
        f"-c synchronous_commit=on -c timezone=UTC {_SERVER_ALIVE}"
    )
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=MORE,
        pool_timeout=_WAIT_SECONDS,
        pool_pre_ping=True,
        json_serializer=json_text,
        json_deserializer=json_value,
        connect_args={"connect_timeout": _WAIT_SECONDS, "options": options, "application_name": "emprox"} | _ALIVE,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _name(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=True)


def _begin(connection: Connection) -> None:
    # What only reads sees one snapshot. What writes waits for the row of its study and then has to see what others
    # committed meanwhile.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(_WRITER if writes else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _check_server(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        (version,) = connection.exec_driver_sql("SELECT current_setting('server_version_num')::int").one()
        if version < _OLDEST:
            raise StoreError(
                f"database {name} is of PostgreSQL {version // 10_000}, and this program needs {_OLDEST // 10_000} or "
                "later: upgrade the server"
            )


@contextmanager
def _alone(engine: Engine) -> Iterator[Engine]:
    """The engine, while no other process migrates; disposed of at the end."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_MIGRATING})")
            yield engine  # closing the connection lets go of the lock
    finally:
        engine.dispose()
