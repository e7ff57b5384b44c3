"""What `emprox export` does."""

from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.bootstrap import read_store
from app.exchange.errors import ExchangeError
from app.exchange.export_file import STANDARD_OUTPUT, export
from app.exchange.formats import Format, format_of
from app.settings import Settings
from app.storage.own_files import refuse_own_file


def run_export(out: Path, study: str, kind: Format | None, as_of: int | None, settings: Settings) -> None:
    """Write a study to a file, with a progress bar."""
    if out == STANDARD_OUTPUT and kind is None:
        raise ExchangeError("say the format of standard output with --format")
    if out != STANDARD_OUTPUT:
        refuse_own_file(settings.data_dir, out)
    kind = kind or format_of(out, "say its format with --format")
    console = Console(stderr=True)
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with closing(read_store(settings)) as store:
        record = store.study(study)
        total = 0
        with (
            Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
            # Closed when an interrupt ends the loop, so that nothing half written is left.
            closing(export(store, study, out, kind, as_of)) as counts,
        ):
            bar = progress.add_task("exporting", total=record.n_observations + record.n_retracted)
            for total in counts:
                progress.update(bar, completed=total)
    target = "standard output" if out == STANDARD_OUTPUT else out
    console.print(f"{total} observations of {study!r} exported to {target}", soft_wrap=True)
