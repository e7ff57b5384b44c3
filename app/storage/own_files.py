"""The files that are the store, which nothing else may be written over."""

from pathlib import Path

from app.domain.errors import StoreError
from app.storage.data_directory import LOCK_FILE
from app.storage.database_file import SIDE_FILES
from app.storage.key_file import KEY_FILE
from app.storage.sqlite import DATABASE_FILE


def refuse_own_file(directory: Path, out: Path) -> None:
    """Refuse to write over the database of a data directory, its log, its lock, or its keys.

    Raises:
        StoreError: `out` is one of them, whether it is there at the moment or not.
    """
    for name in (DATABASE_FILE, *(DATABASE_FILE + suffix for suffix in SIDE_FILES), LOCK_FILE, KEY_FILE):
        own = directory / name
        if own.resolve() == out.resolve() or (own.exists() and out.exists() and own.samefile(out)):
            raise StoreError(f"{out} is a file of the store in {directory}: name another file to write")
