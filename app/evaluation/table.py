"""Tables of trained architectures, as benchmarks and labs publish them: CSV, JSON Lines and Parquet."""

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
from app.exchange.rows import BadRow

_BATCH = 1_000
_KINDS = {".jsonl": "JSON Lines", ".parquet": "Parquet"}


class TableError(EmproxError):
    """A table that cannot be read; the message names the file, and the row where there is one."""


class Row(NamedTuple):
    """One row of a table.

    Args:
        number: counted from 1, the header left out.
        architecture: its notation.
        metrics: the values asked for, those that are blank left out.
        proxies, fidelity: in the same way.
    """

    number: int
    architecture: Notation
    metrics: dict[str, float]
    proxies: dict[str, float]
    fidelity: dict[str, float]


def read_table(
    path: Path, architecture: str, metrics: Mapping[str, str], proxies: Mapping[str, str] | None = None
) -> Iterator[Row]:
    """The rows of a table, all of them good; see `read_rows`.

    Raises:
        TableError: as `read_rows` says, or a row is bad.
    """
    for row in read_rows(path, architecture, metrics, proxies):
        if isinstance(row, BadRow):
            raise TableError(f"row {row.number} of {path}: {row.reason}")
        yield row


def read_rows(
    path: Path,
    architecture: str,
    metrics: Mapping[str, str],
    proxies: Mapping[str, str] | None = None,
    fidelity: Mapping[str, str] | None = None,
) -> Iterator[Row | BadRow]:
    """The rows of a CSV file with a header line or of a JSON Lines file, plain or gzip, or of a Parquet file (by its
    name's ending).

    Args:
        architecture: column that holds the notation; of a notation that is an object, its fields' columns may be given
            as `field=column,field=column`, or `field,field` where they have the same names.
        metrics: column of each metric, by the metric's name.
        proxies: column of each proxy, by the proxy's name.
        fidelity: column of each number of it, by name.

    Raises:
        TableError: the file cannot be read, or lacks a column.
    """
    fields = dict(_named(part) for part in architecture.split(","))
    numbers = (metrics, proxies or {}, fidelity or {})
    wanted = (*fields.values(), *(column for columns in numbers for column in columns.values()))
    kind = _KINDS.get(Path(path.name.removesuffix(".gz")).suffix, "CSV")
    try:
        for number, record in enumerate(_records(path, kind, wanted), start=1):
            try:
                notation = _notation(fields, _object_of(record), "=" in architecture)
                row = Row(number, notation, *(_values(_object_of(record), columns) for columns in numbers))
            except ValueError as err:
                yield BadRow(number, record, str(err))
            else:
                yield row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as err:
        raise TableError(f"{path} cannot be read as a {kind} table: {err}") from err


def _records(path: Path, kind: str, wanted: tuple[str, ...]) -> Iterator[Mapping[str, object] | str]:
    if kind == "Parquet":
        yield from _parquet_records(path, wanted)
        return
    with _open(path) as file:
        yield from _json_records(path, file, wanted) if kind == "JSON Lines" else _csv_records(path, file, wanted)


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


def _json_records(path: Path, file: io.TextIOBase, wanted: tuple[str, ...]) -> Iterator[Mapping[str, object] | str]:
    """The object of each line, or the line where it is none."""
    for number, line in enumerate(file, start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            yield line
            continue
        if number == 1:
            _check_columns(path, list(record), wanted)
        yield {column: record.get(column) for column in wanted}


def _parquet_records(path: Path, wanted: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    import pyarrow as pa  # noqa: PLC0415  # a quarter of a second to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names, wanted)
            for batch in file.iter_batches(_BATCH, columns=list(dict.fromkeys(wanted))):
                for record in batch.to_pylist():
                    yield {name: _object(value) if isinstance(value, str) else value for name, value in record.items()}
    except pa.ArrowException as err:
        raise OSError(str(err).strip()) from err


def _object_of(record: Mapping[str, object] | str) -> Mapping[str, object]:
    if isinstance(record, str):
        raise ValueError("the line is no JSON object")  # noqa: TRY004  # of what was read
    return record


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


def _values(record: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, float]:
    values = {}
    for name, column in columns.items():
        value = record[column]
        text = "" if value is None else str(value).strip()
        if text:
            values[name] = _number(text)
            if not isfinite(values[name]):
                raise ValueError(f"{text[:80]!r} in column {column!r} is no finite number")
    return values


def _number(text: str) -> float:
    """NaN for what is no number."""
    try:
        return float(text)
    except ValueError:
        return nan
