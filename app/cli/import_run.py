"""What `emprox import` does."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from rich.console import Console
from rich.progress import Progress

from app.bootstrap import limit_threads, open_predictor
from app.domain.errors import EmproxError, IndexedError, ObservationConflictError
from app.evaluation.table import Row, TableError, read_table
from app.predictor.predictor import Predictor
from app.predictor.requests import NewObservation
from app.settings import Settings

_BATCH = 1000


def run_import(
    table: Path,
    metric: Sequence[str],
    proxy: Sequence[str],
    study: str,
    architecture: str,
    limit: int | None,
    settings: Settings,
) -> None:
    """Load the rows of a table into a study, in batches, with a progress bar."""
    limit_threads()
    metrics, proxies = _columns("metric", metric), _columns("proxy", proxy)
    rows = (row for row in read_table(table, architecture, metrics, proxies) if row.metrics)
    predictor = open_predictor(settings)
    try:
        predictor.load()
        created, total = asyncio.run(_import(predictor, study, table, islice(rows, limit)))
    finally:
        predictor.close()
    told = f"{created} observations imported into {study!r}, {total - created} were there already"
    Console(stderr=True).print(told, soft_wrap=True)


def _columns(what: str, options: Sequence[str]) -> dict[str, str]:
    """Column by name, of NAME=COLUMN or NAME."""
    columns: dict[str, str] = {}
    for option in options:
        name, _, column = option.partition("=")
        first = columns.setdefault(name, column or name)
        if first != (column or name):
            raise EmproxError(f"{what} {name!r} is given two columns, {first} and {column or name}: give it one")
    return columns


async def _import(predictor: Predictor, study: str, table: Path, rows: Iterator[Row]) -> tuple[int, int]:
    created = total = 0
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("importing", total=None)
        while batch := list(islice(rows, _BATCH)):
            created += await _observe(predictor, study, table, batch)
            total += len(batch)
            progress.update(bar, completed=total, description=f"importing, {total} rows")
    return created, total


async def _observe(predictor: Predictor, study: str, table: Path, batch: Sequence[Row]) -> int:
    try:
        answer = await predictor.observe(study, [_observation(study, table, row) for row in batch])
    except IndexedError as err:
        index, detail = min(err.errors.items())
        if isinstance(err, ObservationConflictError):  # the ids are ours
            detail = "it was imported before with other proxies: import it into another study"
        raise TableError(f"row {batch[index].number} of {table}: {detail}") from err
    return sum(stored.created for stored in answer.stored)


def _observation(study: str, table: Path, row: Row) -> NewObservation:
    name = table.name.removesuffix(".gz")  # the same table, compressed or not
    notation = row.architecture if isinstance(row.architecture, str) else json.dumps(row.architecture, sort_keys=True)
    content = f"emprox-import/{study}/{name}/{row.number}/{notation}/{sorted(row.metrics.items())}"
    key = str(uuid5(NAMESPACE_URL, content))
    return NewObservation(row.architecture, row.metrics, key, proxies=row.proxies, worker="import")
