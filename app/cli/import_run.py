"""What `emprox import` does with a table."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import isfinite, nan
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from rich.console import Console
from rich.progress import Progress

from app.bootstrap import limit_threads, open_predictor
from app.domain.errors import EmproxError, IndexedError, ObservationConflictError
from app.domain.study import Study
from app.evaluation.table import Row, read_rows
from app.exchange.rows import BadRow
from app.exchange.skipping import BadRows
from app.predictor.predictor import Predictor
from app.predictor.requests import NewObservation
from app.settings import Settings

_BATCH = 1000


def run_import(
    table: Path,
    metric: Sequence[str],
    proxy: Sequence[str],
    fidelity: Sequence[str],
    study: str,
    architecture: str,
    limit: int | None,
    skip_invalid: Path | None,
    settings: Settings,
) -> None:
    """Load the rows of a table into a study, in batches, with a progress bar."""
    limit_threads()
    metrics, proxies = _columns("metric", metric), _columns("proxy", proxy)
    numbers, columns = _fidelity(fidelity)
    read = read_rows(table, architecture, metrics, proxies, columns)
    rows = (_with(row, numbers) for row in read if isinstance(row, BadRow) or row.metrics)
    predictor = open_predictor(settings)
    try:
        with BadRows(str(table), skip_invalid) as bad:
            predictor.load()
            _refuse_unknown(asyncio.run(predictor.describe(study)).study, [*numbers, *columns])
            imported = _Import(predictor, study, table, bad)
            asyncio.run(imported.run(islice(rows, limit)))
    finally:
        predictor.close()
    skipped = f", {bad.skipped} skipped" if bad.skipped else ""
    told = f"{imported.created} observations imported into {study!r}, {imported.stored - imported.created} were there "
    Console(stderr=True).print(f"{told}already{skipped}", soft_wrap=True)


def _columns(what: str, options: Sequence[str]) -> dict[str, str]:
    """Column by name, of NAME=COLUMN or NAME."""
    columns: dict[str, str] = {}
    for option in options:
        name, _, column = option.partition("=")
        first = columns.setdefault(name, column or name)
        if first != (column or name):
            raise EmproxError(f"{what} {name!r} is given twice, as {first} and as {column or name}: give it once")
    return columns


def _fidelity(options: Sequence[str]) -> tuple[dict[str, float], dict[str, str]]:
    """What is the same for all rows, by name, and the columns of what is not."""
    numbers, columns = {}, {}
    for name, given in _columns("fidelity", options).items():
        try:
            number = float(given)
        except ValueError:
            number = nan
        if isfinite(number):
            numbers[name] = number
        else:
            columns[name] = given
    return numbers, columns


def _refuse_unknown(study: Study, fidelity: Iterable[str]) -> None:
    """What a study does not declare would be a mere note, and quick trainings would count as full ones."""
    if not study.fidelity:
        replace(study, fidelity=dict.fromkeys(fidelity, 1.0))  # a study that declares them takes the trainings later
    for name in fidelity if study.fidelity else ():
        if name not in study.fidelity:
            raise EmproxError(
                f"study {study.name!r} declares no fidelity {name[:80]!r}, so that all rows would count as full "
                f"trainings: what it declares is {', '.join(study.fidelity)}"
            )


def _with(row: Row | BadRow, fidelity: Mapping[str, float]) -> Row | BadRow:
    return row._replace(fidelity={**fidelity, **row.fidelity}) if isinstance(row, Row) else row


class _Import:
    """The rows of one table on their way into a study.

    Args:
        bad: takes the rows that cannot be imported.
    """

    def __init__(self, predictor: Predictor, study: str, table: Path, bad: BadRows) -> None:
        self._predictor = predictor
        self._study = study
        self._table = table
        self._bad = bad
        self.created = 0
        self.stored = 0

    async def run(self, rows: Iterator[Row | BadRow]) -> None:
        """Store them in batches."""
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            bar = progress.add_task("importing", total=None)
            while batch := list(islice(rows, _BATCH)):
                for row in batch:
                    if isinstance(row, BadRow):
                        self._bad.take(row, self.stored)
                await self._observe([row for row in batch if isinstance(row, Row)])
                progress.update(bar, completed=self.stored, description=f"importing, {self.stored} rows")

    async def _observe(self, batch: Sequence[Row]) -> None:
        """Store the rows of a batch, without those that turn out to be bad."""
        while batch:
            try:
                observations = [_observation(self._study, self._table, row) for row in batch]
                answer = await self._predictor.observe(self._study, observations)
            except IndexedError as err:
                self._put_aside(batch, err)
                batch = [row for i, row in enumerate(batch) if i not in err.errors]
            else:
                self.created += sum(each.created for each in answer.stored)
                self.stored += len(batch)
                return

    def _put_aside(self, batch: Sequence[Row], err: IndexedError) -> None:
        for index, detail in sorted(err.errors.items()):
            row = batch[index]
            conflict = isinstance(err, ObservationConflictError)  # the ids are ours
            told = "it was imported before with other proxies: import it into another study" if conflict else detail
            self._bad.take(BadRow(row.number, row._asdict(), told), self.stored)


def _observation(study: str, table: Path, row: Row) -> NewObservation:
    name = table.name.removesuffix(".gz")  # the same table, compressed or not
    notation = row.architecture if isinstance(row.architecture, str) else json.dumps(row.architecture, sort_keys=True)
    content = f"emprox-import/{study}/{name}/{row.number}/{notation}/{sorted(row.metrics.items())}"
    if row.fidelity:
        content += f"/{sorted(row.fidelity.items())}"
    key = str(uuid5(NAMESPACE_URL, content))
    return NewObservation(
        row.architecture, row.metrics, key, proxies=row.proxies, fidelity=row.fidelity, worker="import"
    )
