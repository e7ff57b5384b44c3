"""What was computed for each study, as files that can be thrown away at any time.

<study>@<encoder>.cache    SHA-256 of the rest, then safetensors: notes, small columns, and what the other files hold
<study>@<encoder>.*.rows   a large column, with room behind it; a save appends to it
<study>@<encoder>.*.hnsw   an index, as `app.index` writes it
"""

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from safetensors.numpy import load, save

from app.predictor.ports import NeighborIndex
from app.predictor.snapshot import Column, Fit, KeptIndex, Snapshot
from app.proximity.scales import Scales
from app.storage.column_file import ColumnFile, append_rows, mapped_rows, write_rows

_log = logging.getLogger(__name__)

FOLDER = "cache"  # in the data directory
FORMAT = "6"
LARGE = 4_000_000  # bytes of a column that gets a file of its own
_WORTH_A_SAVE = 1.25  # times as many vectors as in the file of an index: writing one holds up all answers for a while
_DIGEST_BYTES = 32
_READERS = 2

LoadIndex = Callable[[Path, str, int], NeighborIndex | None]
"""Reads an index from a file, given its key and its dimension; None where it is not what was written."""


@dataclass(frozen=True, slots=True)
class _Index:
    """The file of an index."""

    name: str
    origin: str
    n: int
    dimension: int


@dataclass(frozen=True, slots=True)
class _Files:
    """What the first file of a snapshot says of the others, by name of column or index.

    Args:
        origins: of the columns that it holds itself.
    """

    columns: dict[str, ColumnFile]
    indexes: dict[str, _Index]
    origins: dict[str, str]

    @classmethod
    def of(cls, found: dict[str, dict[str, Any]]) -> "_Files":
        """Those that were written as JSON by `written`."""
        return cls(
            {name: ColumnFile.of(each) for name, each in found["columns"].items()},
            {name: _Index(**each) for name, each in found["indexes"].items()},
            found["origins"],
        )

    def written(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @property
    def names(self) -> set[str]:
        """Of all of them."""
        return {each.name for each in self.columns.values()} | {each.name for each in self.indexes.values()}


_NO_FILES = _Files({}, {}, {})


class FileStudyCache:
    """A few files per study and encoder in a folder.

    A snapshot is replaced in one step; one that is damaged, or was written for another encoder, counts as none.

    Args:
        load_index: reads what `NeighborIndex.save` wrote; without it, no index is kept.
        large: bytes of a column that gets a file of its own.
    """

    def __init__(self, folder: Path, load_index: LoadIndex | None = None, large: int = LARGE) -> None:
        self._folder = folder
        self._load_index = load_index
        self._large = large
        self._lock = threading.Lock()

    def load(self, study: str, encoder_checksum: str) -> Snapshot | None:
        """What was saved last for this study and encoder; None where there is nothing that fits."""
        path = self._path(study, encoder_checksum)
        with self._lock:
            try:
                content = path.read_bytes()
            except OSError:
                return None
            if not _is_whole(content):
                _log.warning("cache is damaged, rebuilding from the store study=%s", study)
                return None
            tensors = load(content[_DIGEST_BYTES:])
            header = json.loads(tensors.pop("header").tobytes())
            if header["of"] != f"{FORMAT} {encoder_checksum}":
                _log.info("cache is of another encoder, rebuilding from the store study=%s", study)
                return None
            files = _Files.of(header["files"])
            large = self._mapped(files.columns)
            indexes = {name: self._index(each) for name, each in files.indexes.items()}
        if large is None:
            _log.warning("cache is damaged, rebuilding from the store study=%s", study)
            return None
        small = {name: Column(files.origins[name], rows, len(rows)) for name, rows in tensors.items()}
        return Snapshot(header["notes"], small | large, {name: each for name, each in indexes.items() if each})

    def save(self, study: str, encoder_checksum: str, snapshot: Snapshot) -> None:
        """Replace what was saved; a failure is logged, since nothing is lost by it."""
        path = self._path(study, encoder_checksum)
        try:
            with self._lock:
                self._folder.mkdir(parents=True, exist_ok=True)
                before = _files_of(path) or _NO_FILES
                small = {name: each for name, each in snapshot.columns.items() if each.rows.nbytes < self._large}
                files = _Files(
                    {
                        name: self._written(path.stem, before, column)
                        for name, column in snapshot.columns.items()
                        if name not in small
                    },
                    dict(self._indexed(path.stem, before, snapshot.indexes)),
                    {name: column.origin for name, column in small.items()},
                )
                header = {"of": f"{FORMAT} {encoder_checksum}", "notes": snapshot.notes, "files": files.written()}
                tensors = {name: np.ascontiguousarray(column.rows) for name, column in small.items()}
                tensors["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
                body = save(tensors)
                _replace(path, hashlib.sha256(body).digest() + body)
                self._tidy(path, files)
        except OSError as err:
            _log.warning("cache not saved study=%s reason=%s", study, err)

    def damaged(self) -> list[str]:
        """Files that are not as they were written, by name."""
        found = []
        for path in self._heads():
            files = _files_of(path)
            if files is None:
                found.append(path.name)
                continue
            found += [each.name for each in files.columns.values() if mapped_rows(self._folder, each) is None]
            found += [each.name for each in files.indexes.values() if self._load_index and self._index(each) is None]
        return found

    def strays(self, studies: Collection[str]) -> list[str]:
        """Files of other studies than these, by name."""
        return [path.name for path in self._heads() if path.stem.partition("@")[0] not in studies and path.exists()]

    def forget(self, study: str, but: str | None = None) -> None:
        """Remove what was saved for a study, but for the encoder of this checksum."""
        kept = "" if but is None else self._path(study, but).stem
        with self._lock:
            # No name of a study has the "@".
            for path in (*self._folder.glob(f"{study}@*"), self._folder / f"{study}.cache"):
                if not kept or not path.name.startswith(f"{kept}."):
                    path.unlink(missing_ok=True)

    def scales(self, fit: Fit, compute: Callable[[], Scales]) -> Scales:  # noqa: ARG002
        """See `StudyCache.scales`; a snapshot has them, and nobody else computes them."""
        return compute()

    def _heads(self) -> list[Path]:
        return sorted(self._folder.glob("*.cache"))

    def _path(self, study: str, encoder_checksum: str) -> Path:
        return self._folder / f"{study}@{hashlib.sha256(encoder_checksum.encode()).hexdigest()[:16]}.cache"

    def _written(self, stem: str, before: _Files, column: Column) -> ColumnFile:
        """The file of a large column: that of an earlier save where there is one, with what is new."""
        for file in before.columns.values():
            if file.can_grow_to(column.origin, column.rows) and (self._folder / file.name).exists():
                return append_rows(self._folder, file, column.rows)
        return write_rows(self._folder, f"{stem}.{uuid4().hex}.rows", column.origin, column.rows)

    def _indexed(self, stem: str, before: _Files, kept: Mapping[str, KeptIndex]) -> Iterator[tuple[str, _Index]]:
        for name, each in kept.items():
            earlier = [file for file in before.indexes.values() if file.origin == each.origin and file.n <= each.n]
            if earlier and each.n < _WORTH_A_SAVE * earlier[0].n:
                yield name, earlier[0]
                continue
            file = _Index(f"{stem}.{uuid4().hex}.hnsw", each.origin, each.n, each.index.dimension)
            if each.index.save(self._folder / file.name, key=file.origin, n=each.n):
                yield name, file
            elif earlier:
                yield name, earlier[0]

    def _mapped(self, files: Mapping[str, ColumnFile]) -> dict[str, Column] | None:
        with ThreadPoolExecutor(_READERS) as readers:  # what a start waits for most
            rows = readers.map(lambda file: mapped_rows(self._folder, file), files.values())
            found = dict(zip(files, rows, strict=True))
        columns = {
            name: Column(files[name].origin, each, files[name].n) for name, each in found.items() if each is not None
        }
        return columns if len(columns) == len(files) else None

    def _index(self, file: _Index) -> KeptIndex | None:
        index = self._load_index and self._load_index(self._folder / file.name, file.origin, file.dimension)
        return KeptIndex(file.origin, index, file.n) if index else None

    def _tidy(self, path: Path, files: _Files) -> None:
        """Remove the files that no snapshot needs any more; memory that is mapped to one stays as it is."""
        needed = files.names | {f"{name}.json" for name in files.names} | {path.name}
        for other in self._folder.glob(f"{path.stem}.*"):
            if other.name not in needed:
                other.unlink(missing_ok=True)


def _files_of(path: Path) -> _Files | None:
    """What an earlier snapshot says of its files; None where it is damaged, or of another program."""
    try:
        content = path.read_bytes()
    except OSError:
        return _NO_FILES
    if not _is_whole(content):
        return None
    header = load(content[_DIGEST_BYTES:]).get("header")
    found = json.loads(header.tobytes()) if header is not None else {}
    return _Files.of(found["files"]) if found.get("of", "").startswith(f"{FORMAT} ") else _NO_FILES


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.stem}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _is_whole(content: bytes) -> bool:
    return hashlib.sha256(content[_DIGEST_BYTES:]).digest() == content[:_DIGEST_BYTES]
