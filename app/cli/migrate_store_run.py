"""What `emprox migrate-store` does, with a progress bar."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.storage.moving.address import refuse_same, store_address
from app.storage.moving.move import Moved, declared_since, move


def run_migrate_store(source: str, target: str) -> None:
    """Move everything, and say of each study what is the same in both stores."""
    here, there = store_address(source), store_address(target)
    refuse_same(here, there)
    moved = []
    with closing(here.read()) as read, closing(there.open()) as written, _bar() as bar:
        task = bar.add_task("")
        for study in move(read, written, lambda what, n, of: bar.update(task, description=what, completed=n, total=of)):
            moved.append(study)
            bar.stop()  # a line beside a bar would go where the bar goes, to stderr
            _say(_told(study))
            bar.start()
        new = declared_since(read, moved)
    if new or any(study.went_on for study in moved):
        declared = f", and has new studies: {', '.join(new)}" if new else ""
        _say(f"the source went on meanwhile{declared}: run it again")


@contextmanager
def _bar() -> Iterator[Progress]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def _told(moved: Moved) -> str:
    record = moved.record
    total = record.n_observations + record.n_retracted
    came = f"; {moved.came} observations came since" if moved.came else ""
    return (
        f"{record.study.name}: the same in both, {total} observations ({record.n_retracted} retracted), "
        f"{moved.n_corrections} corrections, {moved.n_suggestions} suggestions, revision {record.revision}, "
        f"sha256 {moved.digest}{came}"
    )


def _say(text: str) -> None:
    Console().print(text, soft_wrap=True, highlight=False, markup=False)
