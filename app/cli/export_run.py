"""What `emprox export` does."""

from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.exchange.errors import ExchangeError
from app.exchange.export_file import STANDARD_OUTPUT, export
from app.exchange.formats import Format, format_of
from app.storage.own_files import refuse_own_file
from app.storage.sqlite import read_sqlite_store


def run_export(out: Path, study: str, kind: Format | None, as_of: int | None, data_dir: Path) -> None:
    """Write a study to a file, with a progress bar."""
    if out == STANDARD_OUTPUT and kind is None:
        raise ExchangeError("say the format of standard output with --format")
    if out != STANDARD_OUTPUT:
        refuse_own_file(data_dir, out)
    kind = kind or format_of(out, "say its format with --format")
    console = Console(stderr=True)
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with closing(read_sqlite_store(data_dir)) as store:
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
