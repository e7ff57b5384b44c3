"""Tables of trained architectures, as benchmarks and labs publish them."""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from app.domain.errors import EmproxError


class TableError(EmproxError):
    """A table that cannot be read; the message names the file, and the row where there is one."""


class Row(NamedTuple):
    """One row of a table.

    Args:
        number: counted from 1, the header left out.
        architecture: its notation.
        metrics: the values asked for, those that are blank left out.
    """

    number: int
    architecture: str
    metrics: dict[str, float]


def read_table(path: Path, architecture: str, metrics: Mapping[str, str]) -> Iterator[Row]:
    """The rows of a CSV file with a header line, plain or gzip (by its name's ending).

    Args:
        architecture: column that holds the notation.
        metrics: column of each metric, by the metric's name.

    Raises:
        TableError: the file cannot be read, lacks a column, or holds something that is not a number.
    """
    try:
        with _open(path) as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            for column in (architecture, *metrics.values()):
                if column not in columns:
                    raise TableError(f"{path} has no column {column!r}: its columns are {', '.join(columns)}")
            for number, row in enumerate(reader, start=1):
                yield Row(number, row[architecture] or "", _values(path, number, row, metrics))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, gzip.BadGzipFile) as err:
        raise TableError(f"{path} cannot be read as a CSV table: {err}") from err


def _open(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _values(path: Path, number: int, row: Mapping[str, str], metrics: Mapping[str, str]) -> dict[str, float]:
    values = {}
    for name, column in metrics.items():
        if text := (row[column] or "").strip():
            try:
                values[name] = float(text)
            except ValueError as err:
                raise TableError(f"row {number} of {path}: {text[:80]!r} in column {column!r} is no number") from err
    return values
