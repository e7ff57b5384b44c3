"""One writer at a time, among the processes and threads of a machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # tries for ten seconds
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until nobody else is within `locked` of the path; a process that dies lets go.

    The file `<path>.lock` stays: one that is removed could be locked twice.
    """
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        _lock(file)
        yield
