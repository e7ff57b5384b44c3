"""What `emprox backup` and `emprox restore` do, with a progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from app.storage.backup import back_up, free_name, stamp
from app.storage.own_files import refuse_own_file
from app.storage.restore import restore
from app.storage.sqlite import DATABASE_FILE


def run_backup(data_dir: Path, out: Path, *, force: bool) -> None:
    """Back the store up, and say what is in the backup."""
    if out.is_dir():
        out = free_name(out / f"emprox-{stamp(datetime.now(UTC))}.sqlite3")
    refuse_own_file(data_dir, out)
    with _bar("backing up") as progress:
        made = back_up(data_dir / DATABASE_FILE, out, progress, force=force)
    _say(
        f"{made.path}: {made.contents.told}, schema {made.contents.schema}, "
        f"{made.n_bytes / 1e6:.1f} MB, {made.seconds:.1f} s"
    )


def run_restore(data_dir: Path, backup: Path) -> None:
    """Restore a backup, and say where the store is that was there before."""
    with _bar("restoring") as progress:
        restored = restore(data_dir, backup, progress)
    aside = f"; what was there before is {restored.aside}" if restored.aside else ""
    _say(f"{data_dir / DATABASE_FILE}: {restored.contents.told}, {restored.seconds:.1f} s{aside}")


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _say(text: str) -> None:
    Console(stderr=True).print(text, soft_wrap=True, highlight=False, markup=False)
