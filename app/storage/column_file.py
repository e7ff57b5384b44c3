"""A large array in a file of its own, which grows at its end and is read where it lies."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 1 << 24  # bytes
_ROOM = 1.5  # times as long as its rows is the file, so that they can grow in the memory that it is mapped to


@dataclass(frozen=True, slots=True)
class ColumnFile:
    """What a file holds; what lies behind its rows does not count.

    Args:
        origin: see `Column`.
        dtype: as NumPy writes it.
        shape: of a row.
        n: rows.
        crc32: of their bytes.
    """

    name: str
    origin: str
    dtype: str
    shape: tuple[int, ...]
    n: int
    crc32: int

    @classmethod
    def of(cls, found: dict[str, Any]) -> "ColumnFile":
        """One that was written as JSON by `dataclasses.asdict`."""
        return cls(**{**found, "shape": tuple(found["shape"])})

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize

    def can_grow_to(self, origin: str, rows: NDArray[Any]) -> bool:
        """Whether its rows are the first of these."""
        same = (self.origin, self.dtype, self.shape) == (origin, rows.dtype.str, rows.shape[1:])
        return same and self.n <= len(rows)


def write_rows(folder: Path, name: str, origin: str, rows: NDArray[Any]) -> ColumnFile:
    """Write a column to a new file, durably.

    Raises:
        OSError: the disk is full or failed.
    """
    (folder / name).touch()
    return append_rows(folder, ColumnFile(name, origin, rows.dtype.str, rows.shape[1:], 0, 0), rows)


def append_rows(folder: Path, file: ColumnFile, rows: NDArray[Any]) -> ColumnFile:
    """Add what a file lacks of these rows, durably; until then, and where that fails, it holds what it held.

    Raises:
        OSError: the disk is full or failed.
    """
    if file.n == len(rows):
        return file
    crc32 = file.crc32
    with (folder / file.name).open("r+b") as out:
        out.seek(file.n * file.row_bytes)
        for part in _parts(rows[file.n :]):
            crc32 = zlib.crc32(part, crc32)
            out.write(part)
        out.truncate(int(len(rows) * _ROOM + 1) * file.row_bytes)
        out.flush()
        os.fsync(out.fileno())
    return replace(file, n=len(rows), crc32=crc32)


def mapped_rows(folder: Path, file: ColumnFile) -> NDArray[Any] | None:
    """The rows of a file with the room behind them, shape (n or more, ...): mapped to memory, so that only what is
    looked at takes some, and changed there alone. None where they are not as they were written.
    """
    path = folder / file.name
    try:
        with path.open("rb", buffering=0) as read:
            if _crc32(read, file.n * file.row_bytes) != file.crc32:
                return None
        shape = (path.stat().st_size // file.row_bytes, *file.shape)
        return np.asarray(np.memmap(path, np.dtype(file.dtype), "c", shape=shape)).view(np.ndarray)
    except OSError:
        return None


def _crc32(read: FileIO, n_bytes: int) -> int | None:
    crc32, buffer = 0, bytearray(_AT_ONCE)
    while n_bytes:
        n = read.readinto(memoryview(buffer)[: min(n_bytes, _AT_ONCE)])
        if not n:
            return None
        crc32 = zlib.crc32(memoryview(buffer)[:n], crc32)
        n_bytes -= n
    return crc32


def _parts(rows: NDArray[Any]) -> Iterator[memoryview]:
    size = max(1, _AT_ONCE // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), size):
        yield np.ascontiguousarray(rows[start : start + size]).data.cast("B")
