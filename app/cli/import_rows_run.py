"""What `emprox import` does with a file that `emprox export` wrote, and with the trials of an Optuna study."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.bootstrap import open_store
from app.domain.errors import EmproxError
from app.exchange.errors import ExchangeError
from app.exchange.reading import open_export
from app.exchange.restoring import Restored, restore
from app.exchange.rows import Row
from app.exchange.skipping import BadRows
from app.exchange.target import Target, find_target
from app.predictor.store import ObservationStore
from app.settings import Settings


def run_restore(file: Path, study: str, limit: int | None, skip_invalid: Path | None, settings: Settings) -> None:
    """Restore an export into a study, with a progress bar."""
    opened = open_export(file)
    if opened is None:
        raise EmproxError(f"{file} is no export of emprox: say what its columns are with --metric and --architecture")
    with (
        closing(opened),
        BadRows(str(file), skip_invalid) as bad,
        closing(open_store(settings)) as store,
    ):
        target = find_target(store, study, opened.description, opened.metrics)
        _restore(store, target, islice(opened.rows, limit), bad, opened.share)


def run_optuna(
    storage: str,
    optuna_study: str | None,
    study: str,
    architecture: str | None,
    metric: list[str],
    limit: int | None,
    skip_invalid: Path | None,
    settings: Settings,
) -> None:
    """Import the finished trials of an Optuna study, with a progress bar."""
    from app.exchange.optuna_trials import open_trials

    with closing(open_store(settings)) as store, BadRows("the Optuna study", skip_invalid) as bad:
        target = find_target(store, study, None)
        trials = open_trials(storage, optuna_study, target, architecture, metric)
        _restore(store, target, islice(trials.rows, limit), bad, trials.share)


def _restore(
    store: ObservationStore, target: Target, rows: Iterator[Row], bad: BadRows, share: Callable[[], float]
) -> None:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    restored = Restored()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("importing", total=1.0)
        try:
            for restored in restore(store, target, rows, bad):
                progress.update(bar, completed=share(), description=f"importing, {restored.stored} rows")
        except ExchangeError as err:
            # Of a file that breaks off; a bad row tells it itself.
            told = f"; {restored.stored} rows before are stored" if restored.stored and "row " not in str(err) else ""
            raise ExchangeError(f"{err}{told}") from err
    skipped = f", {bad.skipped} skipped" if bad.skipped else ""
    console.print(
        f"{restored.created} observations imported into {target.study.name!r}, "
        f"{restored.stored - restored.created} were there already{skipped}",
        soft_wrap=True,
    )
