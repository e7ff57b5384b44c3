"""Opening a file that may be an export."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.exchange import columns
from app.exchange.description import StudyDescription
from app.exchange.errors import ExchangeError
from app.exchange.export_file import description_beside
from app.exchange.formats import Format, format_of
from app.exchange.rows import Row, row_of
from app.exchange.text_file import CsvRows, NdjsonRows, closed_on_error

_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was opened; to be closed.

    Args:
        description: of its study; None where the file has lost it, or never had one.
        metrics: whose values its columns hold; none where each row says it.
        rows: to be read once.
        share: how much of it was read, from 0 to 1.
    """

    path: Path
    description: StudyDescription | None
    metrics: tuple[str, ...]
    rows: Iterator[Row]
    share: Callable[[], float]
    close: Callable[[], None]


def open_export(path: Path) -> Export | None:
    """The export that a file is, told by its columns or its first line; None where it is another table.

    Raises:
        ExchangeError: it cannot be read, or has columns that no export has.
        InvalidStudyError: its study breaks a rule.
    """
    kind = _format(path)
    if kind is Format.PARQUET:
        return _parquet(path)
    return _csv(path) if kind is Format.CSV else _ndjson(path)


def _format(path: Path) -> Format:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_PARQUET_MAGIC))
    except OSError as err:
        raise ExchangeError(f"{path} cannot be read: {err.strerror}") from err
    return Format.PARQUET if magic == _PARQUET_MAGIC else format_of(path, "rename it to what it is")


def _parquet(path: Path) -> Export:
    from app.exchange.parquet_file import ParquetRows  # noqa: PLC0415  # pyarrow takes a second to import

    file = ParquetRows(path)
    read = 0

    def rows() -> Iterator[Row]:
        nonlocal read
        for number, row in enumerate(file, start=1):
            read = number
            yield row_of(number, row, columns.plain(row))

    with closed_on_error(file.close):
        if not set(file.names) >= columns.NEEDED:
            there = ", ".join(file.names[:20])
            raise ExchangeError(f"{path} is no export, its columns are {there}: import other tables as CSV")
        metrics = _metrics(path, file.names)
        description = _described(path, file.description)
    return Export(path, description, metrics, rows(), lambda: read / file.total if file.total else 1.0, file.close)


def _csv(path: Path) -> Export | None:
    rows = CsvRows(path)
    if not set(rows.names) >= columns.NEEDED:
        rows.file.close()
        return None
    with closed_on_error(rows.file.close):
        metrics = _metrics(path, rows.names)
        description = _beside(path)
    return Export(path, description, metrics, iter(rows), lambda: rows.file.share, rows.file.close)


def _beside(path: Path) -> StudyDescription | None:
    beside = description_beside(path)
    if not beside.exists():
        return None
    try:
        return _described(beside, json.loads(beside.read_bytes()))
    except (OSError, ValueError) as err:
        raise ExchangeError(f"{beside} cannot be read as the description of {path.name}: {err}") from err


def _ndjson(path: Path) -> Export | None:
    rows = NdjsonRows(path)
    if rows.description is None and not set(rows.first or ()) >= columns.NEEDED:
        rows.file.close()
        return None
    with closed_on_error(rows.file.close):
        description = _described(path, rows.description)
    return Export(path, description, (), iter(rows), lambda: rows.file.share, rows.file.close)


def _metrics(path: Path, names: list[str]) -> tuple[str, ...]:
    if unknown := columns.unknown_columns(names):
        raise ExchangeError(
            f"{path} has columns that no export has, {', '.join(map(repr, unknown[:5]))}: remove them, "
            "or name what to import with --metric and --architecture"
        )
    return tuple(name.removeprefix(columns.METRIC) for name in names if name.startswith(columns.METRIC))


def _described(path: Path, value: object) -> StudyDescription | None:
    if value is None:
        return None
    try:
        return StudyDescription.read(value)
    except ExchangeError as err:
        raise ExchangeError(f"{path}: {err}") from err
