"""CSV and NDJSON as streams of bytes: what a file of them holds, and what the server sends."""

import csv
import io
import json
from collections.abc import Generator, Iterable
from typing import Protocol

from app.domain.correction import History
from app.exchange import columns
from app.exchange.description import StudyDescription
from app.exchange.formats import Format
from app.exchange.records import plain
from app.exchange.study_reading import read_study
from app.predictor.store import ObservationFilter, ObservationStore


class TextStream(Protocol):
    """Writes a study piece by piece."""

    def head(self) -> bytes:
        """What comes before the first observation."""

    def body(self, histories: Iterable[History]) -> bytes:
        """The lines of some observations."""


class CsvStream:
    """A header line, and a line for each observation."""

    def __init__(self, description: StudyDescription) -> None:
        self._metrics = [metric.name for metric in description.study.metrics]

    def head(self) -> bytes:
        """The names of the columns."""
        return _csv([columns.columns(self._metrics)])

    def body(self, histories: Iterable[History]) -> bytes:
        """See `TextStream.body`."""
        return _csv([_written(cell) for cell in columns.cells(plain(each), self._metrics)] for each in histories)


class NdjsonStream:
    """A line that describes the study, and a line for each observation, each a JSON object."""

    def __init__(self, description: StudyDescription) -> None:
        self._description = description

    def head(self) -> bytes:
        """The study."""
        return _json({"study": self._description.plain()})

    def body(self, histories: Iterable[History]) -> bytes:
        """See `TextStream.body`."""
        return b"".join(_json(plain(each)) for each in histories)


def text_stream(kind: Format, description: StudyDescription) -> TextStream:
    """The stream of a format that is text."""
    return CsvStream(description) if kind is Format.CSV else NdjsonStream(description)


def pieces(store: ObservationStore, study: str, kind: Format, wanted: ObservationFilter) -> Generator[bytes]:
    """A study as text, piece by piece, read as it is asked for.

    Raises:
        UnknownStudyError: there is no such study; with the first piece.
    """
    description, batches = read_study(store, study, wanted.as_of)
    stream = text_stream(kind, description)
    yield stream.head()
    for batch in batches:
        yield stream.body([each for each in batch if wanted.takes(each.observation)])


def _csv(rows: Iterable[Iterable[columns.Cell]]) -> bytes:
    text = io.StringIO(newline="")
    # RFC 4180; before Python 3.13, a field with one of the two characters is quoted only if the terminator has it.
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _written(cell: columns.Cell) -> columns.Cell:
    """Floats are written by the csv module with all digits that tell them apart."""
    return str(cell).lower() if isinstance(cell, bool) else cell


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
