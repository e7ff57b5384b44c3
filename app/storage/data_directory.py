"""The data directory belongs to one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import StoreError

LOCK_FILE = "emprox.lock"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory, made if it is missing; the kernel lets it go when the process ends, however it ends.

    Raises:
        StoreError: it cannot be made or written, or another process holds it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / LOCK_FILE).open("w")
    except OSError as err:
        not_a_directory = isinstance(err, FileExistsError | NotADirectoryError)
        reason = "a file is in its place" if not_a_directory else f"{err.strerror}"
        raise StoreError(
            f"data directory {directory} cannot be used ({reason}): name a directory that this user may write"
        ) from err
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise StoreError(
                f"data directory {directory} is held by another emprox: stop that one, "
                "or give this one a directory of its own"
            ) from err
        except OSError as err:
            raise StoreError(
                f"data directory {directory} cannot be locked ({err.strerror}): name one on a local disk"
            ) from err
        yield


def held(directory: Path) -> bool:
    """Whether a process holds the directory."""
    try:
        file = (directory / LOCK_FILE).open("rb")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
