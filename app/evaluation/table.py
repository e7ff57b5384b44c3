"""Tables of trained architectures, as benchmarks and labs publish them: CSV and JSON Lines."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

from app.domain.architecture import Notation
from app.domain.errors import EmproxError


class TableError(EmproxError):
    """A table that cannot be read; the message names the file, and the row where there is one."""


class Row(NamedTuple):
    """One row of a table.

    Args:
        number: counted from 1, the header left out.
        architecture: its notation.
        metrics: the values asked for, those that are blank left out.
        proxies: in the same way.
    """

    number: int
    architecture: Notation
    metrics: dict[str, float]
    proxies: dict[str, float]


def read_table(
    path: Path, architecture: str, metrics: Mapping[str, str], proxies: Mapping[str, str] | None = None
) -> Iterator[Row]:
    """The rows of a CSV file with a header line or of a JSON Lines file, plain or gzip (by its name's ending).

    Args:
        architecture: column that holds the notation; of a notation that is an object, its fields' columns may be given
            as `field=column,field=column`, or `field,field` where they have the same names.
        metrics: column of each metric, by the metric's name.
        proxies: column of each proxy, by the proxy's name.

    Raises:
        TableError: the file cannot be read, lacks a column, or holds something that is not a finite number.
    """
    fields = dict(_named(part) for part in architecture.split(","))
    proxies = proxies or {}
    wanted = (*fields.values(), *metrics.values(), *proxies.values())
    objects = path.name.removesuffix(".gz").endswith(".jsonl")
    try:
        with _open(path) as file:
            records = _json_records(path, file, wanted) if objects else _csv_records(path, file, wanted)
            for number, record in enumerate(records, start=1):
                notation = _notation(fields, record, "=" in architecture)
                values, known = (_values(path, number, record, columns) for columns in (metrics, proxies))
                yield Row(number, notation, values, known)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as err:
        raise TableError(f"{path} cannot be read as a {'JSON Lines' if objects else 'CSV'} table: {err}") from err


def _named(part: str) -> tuple[str, str]:
    name, _, column = part.partition("=")
    return name, column or name


def _open(path: Path) -> io.TextIOBase:
    # Spreadsheets mark UTF-8 by three bytes ahead of the first column's name; "-sig" drops them.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv_records(path: Path, file: io.TextIOBase, wanted: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    reader = csv.DictReader(file)
    _check_columns(path, reader.fieldnames or [], wanted)
    for record in reader:
        yield {column: _object(record[column] or "") for column in wanted}


def _json_records(path: Path, file: io.TextIOBase, wanted: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(file, start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as err:
            raise TableError(f"line {number} of {path} is no JSON: {err}") from err
        if not isinstance(record, dict):
            raise TableError(f"line {number} of {path} is no JSON object")
        if number == 1:
            _check_columns(path, list(record), wanted)
        yield {column: record.get(column) for column in wanted}


def _check_columns(path: Path, columns: Sequence[str], wanted: tuple[str, ...]) -> None:
    for column in wanted:
        if column not in columns:
            there = f"its columns are {', '.join(columns)}" if columns else "it has no header line"
            raise TableError(f"{path} has no column {column!r}: {there}")


def _object(text: str) -> object:
    """What a field of a CSV file says: a text, or an object or a list written as JSON."""
    if text[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _notation(fields: Mapping[str, str], record: Mapping[str, object], named: bool) -> Notation:
    if len(fields) > 1 or named:
        return {field: record[column] for field, column in fields.items()}
    (value,) = (record[column] for column in fields.values())
    return value if isinstance(value, dict) else str(value or "")


def _values(path: Path, number: int, record: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, float]:
    values = {}
    for name, column in columns.items():
        value = record[column]
        text = "" if value is None else str(value).strip()
        if text:
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
