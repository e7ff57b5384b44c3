"""Puts a backup in the place of the store, and keeps what was there."""

import errno
import os
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.domain.errors import StoreError
from app.storage import study_cache
from app.storage.backup import free_name, stamp
from app.storage.data_directory import locked
from app.storage.database_file import BUSY_SECONDS, SIDE_FILES, Progress, copy_database, is_sqlite, reading, sync
from app.storage.schema import refuse_newer
from app.storage.soundness import Contents, schema_of
from app.storage.sqlite import DATABASE_FILE


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the store now.

    Args:
        contents: of the store.
        aside: the database that was there before; None where there was none.
    """

    contents: Contents
    aside: Path | None
    seconds: float


def restore(directory: Path, backup: Path, progress: Progress = lambda _done, _total: None) -> Restored:
    """Make a backup the database of a data directory, in one step; until then everything is as it was.

    Caches are removed, which the next start builds again.

    Raises:
        StoreError: a server runs on the directory, or the backup cannot be used.
    """
    started = time.monotonic()
    database = directory / DATABASE_FILE
    _refuse_unusable(backup, database)
    with locked(directory):
        incoming = database.with_name(f"{DATABASE_FILE}.restoring")
        try:
            incoming.unlink(missing_ok=True)  # of a restore that was killed
            try:
                with reading(backup, closed=True) as source:
                    restored = copy_database(source, incoming, progress)
            except StoreError as err:
                raise StoreError(f"backup {backup} was not restored, the store is as it was: {err}") from err
            shutil.rmtree(directory / study_cache.FOLDER, ignore_errors=True)
            aside = _set_aside(database)
            incoming.replace(database)
            sync(directory)
        except OSError as err:
            raise StoreError(f"data directory {directory} cannot be written: {err.strerror}") from err
        finally:
            incoming.unlink(missing_ok=True)
    return Restored(restored, aside, time.monotonic() - started)


def _refuse_unusable(backup: Path, database: Path) -> None:
    """Tell early, before anything is locked or copied, what can be told."""
    if not backup.is_file():
        raise StoreError(f"there is no backup {backup}: name a file that 'emprox backup' made")
    if database.exists() and backup.samefile(database):
        raise StoreError(f"{backup} is the database itself: name a backup of it")
    try:
        if not is_sqlite(backup):
            raise StoreError(f"{backup} is not a SQLite database: name a file that 'emprox backup' made")
    except OSError as err:
        raise StoreError(f"backup {backup} cannot be read: {err.strerror}") from err
    with reading(backup, closed=True) as connection:
        schema = schema_of(connection)
    if schema is None:
        raise StoreError(f"{backup} is the database of another application: name a file that 'emprox backup' made")
    refuse_newer(schema, str(backup))


def _set_aside(database: Path) -> Path | None:
    """Give the present database another name as well, and leave nothing beside it that SQLite would take for a log."""
    _forget_unfinished(database)
    if database.exists():
        _settle(database)
    aside = free_name(database.with_name(f"{database.name}.before-restore-{stamp(datetime.now(UTC))}"))
    if database.exists():
        _link(database, aside)
    for suffix in SIDE_FILES:
        beside = database.with_name(database.name + suffix)
        if beside.exists():
            # Empty where the database could be settled; the rest of one that is damaged.
            beside.replace(aside.with_name(aside.name + suffix))
    sync(database.parent)
    return aside if aside.exists() else None


def _settle(database: Path) -> None:
    """Move what was committed from the write-ahead log into the database; one that is damaged is left as it is."""
    try:
        with reading(database) as present:
            sound = present.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except StoreError:
        sound = False
    if not sound:
        return
    try:
        with closing(sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as err:
        raise StoreError(f"database {database} cannot be set aside: {err}") from err
    if busy:
        raise StoreError(f"another program reads database {database}, perhaps a backup: wait for its end")


def _link(database: Path, aside: Path) -> None:
    # A second name rather than another one: at no moment is there no database, which a start would make anew.
    try:
        os.link(database, aside)
    except OSError as err:
        if err.errno not in {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}:
            raise
        shutil.copy2(database, aside)
        sync(aside)


def _forget_unfinished(database: Path) -> None:
    """Remove second names that a restore left which was killed."""
    for aside in database.parent.glob(f"{database.name}.before-restore-*"):
        if database.exists() and aside.samefile(database):
            aside.unlink()
