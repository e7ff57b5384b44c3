"""Observations in a Parquet file; the study is described in the schema's metadata."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from app.domain.correction import History
from app.exchange import columns
from app.exchange.description import StudyDescription
from app.exchange.errors import ExchangeError
from app.exchange.records import plain

_STUDY = b"emprox_study"
_ROW_GROUP = 20_000  # rows; what a reader and the writer hold at once
_BATCH = 2_000
_TYPES = {"observed_at": pa.timestamp("us", "UTC"), "revision": pa.int64(), "retracted": pa.bool_()}


class ParquetWriter:
    """Writes observations as row groups; a context that ends the file, which is none if an error left it."""

    def __init__(self, file: IO[bytes], description: StudyDescription) -> None:
        self._metrics = [metric.name for metric in description.study.metrics]
        self._names = columns.columns(self._metrics)
        self._schema = pa.schema(
            [(name, _type(name)) for name in self._names], {_STUDY: json.dumps(description.plain()).encode()}
        )
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[History] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def write(self, histories: Sequence[History]) -> None:
        """Add observations."""
        self._waiting += histories
        if len(self._waiting) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            rows = [self._cells(each) for each in self._waiting]
            arrays = [
                pa.array(column, _type(name)) for name, column in zip(self._names, zip(*rows, strict=True), strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._waiting = []

    def _cells(self, history: History) -> list[Any]:
        record = plain(history) | {"observed_at": history.observation.observed_at}
        return columns.cells(record, self._metrics)


class ParquetRows:
    """The rows of a Parquet file.

    Raises:
        ExchangeError: it is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _as_exchange_errors(path):
            self._file = pq.ParquetFile(path)
            self.names: list[str] = self._file.schema_arrow.names
            self.total: int = self._file.metadata.num_rows

    @property
    def description(self) -> object:
        """What the file says of its study, to be read; None where it says nothing."""
        metadata: Mapping[bytes, bytes] = self._file.schema_arrow.metadata or {}
        try:
            return json.loads(metadata[_STUDY]) if _STUDY in metadata else None
        except ValueError as err:
            raise ExchangeError(f"{self._path}: its description of the study is no JSON: {err}") from err

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with _as_exchange_errors(self._path):
            for batch in self._file.iter_batches(_BATCH, use_threads=False):
                values = [column.to_pylist() for column in batch.columns]
                for row in zip(*values, strict=True):
                    yield dict(zip(self.names, row, strict=True))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _type(column: str) -> pa.DataType:
    return pa.float64() if column.startswith(columns.METRIC) else _TYPES.get(column, pa.string())


@contextmanager
def _as_exchange_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError) as err:
        reason = " ".join(str(err).split())[:200]
        raise ExchangeError(f"{path} cannot be read as a Parquet file: {reason}") from err
