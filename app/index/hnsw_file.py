"""The file of an HNSW graph: a cache that is either whole and expected, or not used.

hnswlib reports success on a full disk, and loads flipped bits and other dimensions in silence. So a header beside the
file, `<name>.json`, says what it must hold.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

FORMAT = "emprox-hnsw-1"  # raise it with the version of hnswlib or the parameters of the graph


@dataclass(frozen=True, slots=True)
class Header:
    """What a file holds.

    Args:
        key: the caller's: whatever else must fit, such as an encoder's checksum.
        count: number of vectors.
        sha256: of the file, in hexadecimal.
    """

    format: str
    key: str
    dimension: int
    count: int
    sha256: str


def write_graph(
    path: Path, write: Callable[[Path], None], *, n_bytes: int, key: str, dimension: int, count: int
) -> None:
    """Replace the file and its header, durably; a crash on the way leaves a pair that does not fit.

    Args:
        write: writes the graph to the path that it is given.
        n_bytes: how long the written file must be.

    Raises:
        OSError: the disk is full or failed; what was there before still is.
    """
    graph, header = _temporary(path), _temporary(_header_path(path))
    try:
        write(graph)
        _sync(graph)
        if graph.stat().st_size != n_bytes:
            raise OSError(f"{graph} has {graph.stat().st_size} bytes instead of {n_bytes}: is the disk full?")
        content = asdict(Header(FORMAT, key, dimension, count, _sha256(graph)))
        header.write_text(json.dumps(content), encoding="utf-8")
        _sync(header)
        graph.replace(path)
        header.replace(_header_path(path))
        _sync(path.parent)
    finally:
        graph.unlink(missing_ok=True)
        header.unlink(missing_ok=True)


def read_header(path: Path, *, key: str, dimension: int) -> Header | None:
    """The header of a file that is as it was written; None if it is missing, damaged or another."""
    try:
        header = Header(**json.loads(_header_path(path).read_text(encoding="utf-8")))
        fits = (header.format, header.key, header.dimension) == (FORMAT, key, dimension)
        return header if fits and header.sha256 == _sha256(path) else None
    except (OSError, ValueError, TypeError):
        return None


def _header_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
