"""Copies of the whole store, made while a server may be writing it."""

import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.domain.errors import StoreError
from app.storage.database_file import Progress, copy_database, reading, sync
from app.storage.soundness import Contents


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made.

    Args:
        contents: what is in it.
        n_bytes: size of the file.
    """

    path: Path
    contents: Contents
    n_bytes: int
    seconds: float


def stamp(moment: datetime) -> str:
    """A point in time as part of a file's name: `20240517T120000Z`, in UTC."""
    return f"{moment:%Y%m%dT%H%M%SZ}"


def free_name(path: Path) -> Path:
    """The path, or where that is taken the same with a number."""
    candidate, n = path, 1
    while candidate.exists():
        n += 1
        candidate = path.with_name(f"{path.stem}-{n}{path.suffix}")
    return candidate


def back_up(
    database: Path, out: Path, progress: Progress = lambda _done, _total: None, *, force: bool = False
) -> BackedUp:
    """Copy a database to a file, which is there as a whole or not at all.

    Args:
        force: a file that is there is replaced.

    Raises:
        StoreError: there is no database, the file is there already or cannot be written, or the copy is not sound.
    """
    started = time.monotonic()
    _refuse_place(database, out, force=force)
    # Of this process: another one that writes the same backup does not take it away.
    partial = out.with_name(f"{out.name}.{os.getpid()}.partial")
    try:
        with reading(database) as source:
            copied = copy_database(source, partial, progress)
        if copied.schema is None:
            raise StoreError(f"database {database} was not made by emprox: name the data directory with --data-dir")
        _refuse_place(database, out, force=force)
        partial.replace(out)
        sync(out.parent)
        return BackedUp(out, copied, out.stat().st_size, time.monotonic() - started)
    except OSError as err:
        raise StoreError(f"backup {out} cannot be written ({err.strerror}): name another place") from err
    finally:
        partial.unlink(missing_ok=True)


def _refuse_place(database: Path, out: Path, *, force: bool) -> None:
    if not database.is_file():
        raise StoreError(f"there is no database {database}: name the data directory with --data-dir")
    if not out.parent.is_dir():
        raise StoreError(f"there is no folder {out.parent}: make it, or name another place for the backup")
    if not out.exists():
        return
    if out.samefile(database):
        raise StoreError(f"{out} is the database itself: name another place for the backup")
    if not force:
        raise StoreError(f"{out} is there already: name another file, or replace it with --force")
