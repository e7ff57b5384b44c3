"""A file of lines that survives what interrupts its writing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def read(path: Path) -> list[bytes]:
    """The lines; none where there is no file."""
    try:
        return [line for line in path.read_bytes().split(b"\n") if line]
    except FileNotFoundError:
        return []


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Append lines, durable when it returns; after an error the file is as before.

    Raises:
        OSError: the disk is full, or the file cannot be written.
    """
    with path.open("a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        # A writer that was killed leaves a line without an end, which must not swallow the next.
        end = b"" if file.read(1) in {b"", b"\n"} else b"\n"
        try:
            _write(file.fileno(), end + _joined(lines))
        except OSError:
            os.truncate(path, size)
            raise
    _sync_folder(path)


def replace(path: Path, lines: Sequence[bytes]) -> None:
    """Let the file hold these lines alone, and be gone where there are none; at no moment it holds half of them.

    Raises:
        OSError: the disk is full, or the file cannot be written.
    """
    if not lines:
        path.unlink(missing_ok=True)  # another process may have sent all
        return
    new = path.with_name(f"{path.name}.new")
    with new.open("wb", buffering=0) as file:
        _write(file.fileno(), _joined(lines))
    new.replace(path)
    _sync_folder(path)


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    """Make the file's entry in its folder durable, where the system can."""
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
