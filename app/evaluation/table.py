"""Tables of trained architectures, as benchmarks and labs publish them."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from math import isfinite, nan
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
        TableError: the file cannot be read, lacks a column, or holds something that is not a finite number.
    """
    try:
        with _open(path) as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            for column in (architecture, *metrics.values()):
                if column not in columns:
                    there = f"its columns are {', '.join(columns)}" if columns else "it has no header line"
                    raise TableError(f"{path} has no column {column!r}: {there}")
            for number, row in enumerate(reader, start=1):
                yield Row(number, row[architecture] or "", _values(path, number, row, metrics))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as err:
        raise TableError(f"{path} cannot be read as a CSV table: {err}") from err


def _open(path: Path) -> io.TextIOBase:
    # Spreadsheets mark UTF-8 by three bytes ahead of the first column's name; "-sig" drops them.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _values(path: Path, number: int, row: Mapping[str, str], metrics: Mapping[str, str]) -> dict[str, float]:
    values = {}
    for name, column in metrics.items():
        if text := (row[column] or "").strip():
            values[name] = _number(text)
            if not isfinite(values[name]):
                raise TableError(f"row {number} of {path}: {text[:80]!r} in column {column!r} is no finite number")
    return values


def _number(text: str) -> float:
    """NaN for what is no number."""
    try:
        return float(text)
    except ValueError:
        return nan
