"""The rows of a CSV or NDJSON export."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from app.exchange import columns
from app.exchange.errors import ExchangeError
from app.exchange.formats import compressed
from app.exchange.rows import BadRow, Row, row_of

_MAX_FIELD = 16 * 2**20  # characters in a CSV field: a hundred corrections of the largest notation

T = TypeVar("T")


class TextRows:
    """An open text file, read line by line.

    Raises:
        ExchangeError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.errors():
            self._raw = path.open("rb")
            self._size = path.stat().st_size
            binary = gzip.GzipFile(fileobj=self._raw) if compressed(path) else self._raw
            # Spreadsheets mark UTF-8 by three bytes ahead of the first column's name; "-sig" drops them.
            self.text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")

    @property
    def share(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return min(1.0, self._raw.tell() / self._size) if self._size else 1.0

    def close(self) -> None:
        """Close the file."""
        self.text.close()
        self._raw.close()

    def start(self, read: Callable[[], T]) -> T:
        """What is read first; the file is closed if it cannot be."""
        with closed_on_error(self.close), self.errors():
            return read()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise what goes wrong with the file as ExchangeError."""
        try:
            yield
        except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as err:
            raise ExchangeError(f"{self._path} cannot be read: {err}") from err


class CsvRows:
    """The rows of a CSV file with a header line.

    Args:
        names: of its columns.
    """

    def __init__(self, path: Path) -> None:
        self.file = TextRows(path)
        self._reader = csv.reader(self.file.text, strict=True)
        self.names: list[str] = self.file.start(lambda: next(self._reader, []))

    def __iter__(self) -> Iterator[Row]:
        with self.file.errors(), _long_fields():
            for number, fields in enumerate((line for line in self._reader if line), start=1):
                if len(fields) != len(self.names):
                    reason = f"it has {len(fields)} fields, and the header {len(self.names)}"
                    yield BadRow(number, fields, reason)
                else:
                    row = dict(zip(self.names, fields, strict=True))
                    yield row_of(number, row, columns.plain(row))


class NdjsonRows:
    """The lines of an NDJSON file.

    Args:
        first: the object of the first line, to be recognized by; None where that is none.
    """

    def __init__(self, path: Path) -> None:
        self.file = TextRows(path)
        self._first_line = self.file.start(self.file.text.readline)
        first = _parsed(self._first_line)
        self.first: dict[str, Any] | None = first if isinstance(first, dict) else None

    @property
    def description(self) -> object:
        """What the first line says of the study, to be read; None where it is an observation already."""
        return self.first["study"] if self.first and list(self.first) == ["study"] else None

    def __iter__(self) -> Iterator[Row]:
        with self.file.errors():
            number = 0
            if self.description is None:
                yield _row(number := 1, self._first_line)
            for line in self.file.text:
                if line.strip():
                    yield _row(number := number + 1, line)


@contextmanager
def closed_on_error(close: Callable[[], None]) -> Iterator[None]:
    """Close what was opened if it turns out to be of no use."""
    with ExitStack() as stack:
        stack.callback(close)
        yield
        stack.pop_all()


@contextmanager
def _long_fields() -> Iterator[None]:
    """Read fields that are longer than the csv module takes by itself; its limit is one for the process."""
    before = csv.field_size_limit(_MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _row(number: int, line: str) -> Row:
    found = _parsed(line)
    if isinstance(found, ValueError | RecursionError):
        return BadRow(number, line, f"it is no JSON: {found}")
    if not isinstance(found, dict):
        return BadRow(number, line, "it is no JSON object")
    return row_of(number, found, found)


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as err:
        return err
