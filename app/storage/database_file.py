"""A database as a file: read without changing it, copied as of one moment, and on the disk when that returns."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.domain.errors import StoreError
from app.storage.soundness import Contents, contents, damages

SIDE_FILES = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database
BUSY_SECONDS = 5
_PAGES = 1000  # copied at once: 4 MB
_HEADER = b"SQLite format 3\0"

Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""


@contextmanager
def reading(path: Path, *, closed: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, also where another process writes.

    Args:
        closed: nobody writes the file, a backup, which may be where nothing can be written.

    Raises:
        StoreError: the file is not there, or what is done with the connection fails.
    """
    if not path.is_file():
        raise StoreError(f"there is no database {path}")
    try:
        with closing(sqlite3.connect(_address(path, closed=closed), timeout=BUSY_SECONDS, uri=True)) as connection:
            connection.isolation_level = None
            yield connection
    except sqlite3.Error as err:
        way_out = "restore an older backup" if closed else "restore a backup of it"
        raise StoreError(f"database {path} cannot be read ({err}): {way_out}") from err


def copy_database(source: sqlite3.Connection, target: Path, progress: Progress) -> Contents:
    """Copy a database as it is at one moment into a new file that needs no other one beside it.

    Writers of the source are not held up. The copy is on the disk, read again, and found whole.

    Raises:
        StoreError: the copy cannot be written, or differs.
    """
    # Within a transaction all steps of the copy read one moment; without, each write by others would start it anew.
    source.execute("BEGIN")
    try:
        copied = contents(source)
        _copy_pages(source, target, progress)
    finally:
        source.execute("ROLLBACK")
    sync(target)
    with reading(target, closed=True) as copy:
        if damage := damages(copy):
            raise StoreError(f"the copy is damaged as its source is ({damage[0]}): restore an older backup")
        if contents(copy) != copied:
            raise StoreError(f"the copy {target} differs from its source: the disk is at fault, use another one")
    return copied


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as a database does. Not for one that this process has open: its locks would be lost."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def _copy_pages(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            # A copy that is interrupted is thrown away, and one that ends is synced as a whole.
            copy.execute("PRAGMA journal_mode=OFF")
            copy.execute("PRAGMA synchronous=OFF")
            source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
            # The source is in mode WAL, which the copy would be too: two more files, and none to read it without.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as err:
        raise StoreError(f"the copy {target} cannot be made: {err}") from err


def _address(path: Path, *, closed: bool) -> str:
    alone = closed and not any(path.with_name(path.name + suffix).exists() for suffix in SIDE_FILES)
    return path.resolve().as_uri() + ("?mode=ro&immutable=1" if alone else "?mode=ro")
