"""The store over SQLite, in the data directory: how it opens, how it locks, when a commit is on the disk."""

import sqlite3
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from app.domain.errors import StoreError
from app.storage.data_directory import locked
from app.storage.failures import as_store_errors
from app.storage.json_columns import json_text, json_value
from app.storage.observation_store import SqlObservationStore
from app.storage.schema import check_schema, migrate
from app.storage.upgrade import before_upgrade, upgrade_without_backup

DATABASE_FILE = "emprox.sqlite3"
BUSY_TIMEOUT_MS = 5000
CACHE_KB = 32_000  # ids are random, so that each new row touches pages all over the indexes
# A checkpoint holds up the commit that it comes with, and writes a page once however often it has changed: a larger log
# makes it rarer and cheaper. 8,000 pages are 32 MB of disk.
PAGES_TO_CHECKPOINT = 8_000


def open_sqlite_store(directory: Path, *, upgrade_backup: bool = True) -> SqlObservationStore:
    """The store in a data directory, made and migrated as needed, and held until it is closed.

    Args:
        upgrade_backup: a database of an older program is backed up before it is migrated.

    Raises:
        StoreError: the directory cannot be used or is held by another process, or its database is damaged or newer
            than this program, or cannot be backed up.
    """
    path = directory / DATABASE_FILE
    with ExitStack() as stack:
        stack.enter_context(locked(directory))
        engine = sqlite_engine(path)
        stack.callback(engine.dispose)
        with as_store_errors(f"database {path} cannot be opened; restore a backup, or name another directory"):
            migrate(engine, str(path), partial(before_upgrade, path) if upgrade_backup else upgrade_without_backup)
        return SqlObservationStore(engine, stack.pop_all().close)


def read_sqlite_store(directory: Path) -> SqlObservationStore:
    """The store in a data directory, to read from, also while another process holds it.

    Raises:
        StoreError: there is none, or it is damaged or of another version of this program.
    """
    path = directory / DATABASE_FILE
    if not path.is_file():
        raise StoreError(f"data directory {directory} has no database {DATABASE_FILE}: name one that a server has used")
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
        poolclass=QueuePool,
        json_deserializer=json_value,
    )
    event.listen(engine, "connect", _set_up_reader)
    event.listen(engine, "begin", _begin)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        with as_store_errors(f"database {path} cannot be read"):
            check_schema(engine, str(path))
        return SqlObservationStore(engine, stack.pop_all().close)


def sqlite_engine(path: Path) -> Engine:
    """An engine whose commits are on the disk when they return; dispose of it after use."""
    # A stream holds its connection for as long as somebody reads it, so there is no limit to wait for.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        max_overflow=-1,
        json_serializer=json_text,
        json_deserializer=json_value,
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own idea of when a transaction begins leaves out reads and schema changes: `_begin` says it.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise StoreError(
            f"SQLite keeps its journal in mode {mode!r} instead of 'wal': name a directory on a local disk"
        )
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={PAGES_TO_CHECKPOINT}")


def _set_up_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _begin(connection: Connection) -> None:
    # A transaction that starts as a reader and then writes fails at once when another one wrote in between,
    # whatever the busy timeout.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
