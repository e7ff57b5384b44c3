"""From rows to observations of a study, as they were where they come from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.errors import ObservationConflictError
from app.exchange.checking import Checker
from app.exchange.rows import BadRow, GoodRow, Row
from app.exchange.skipping import BadRows
from app.exchange.target import Target
from app.predictor.store import Appended, ObservationStore

BATCH = 5_000  # rows stored at once; a commit takes as long as the disk takes to write, whatever their number


@dataclass(slots=True)
class Restored:
    """What became of rows so far.

    Args:
        stored: how many are in the store.
        created: how many of these were not there before, or not with all corrections.
    """

    stored: int = 0
    created: int = 0


def restore(store: ObservationStore, target: Target, rows: Iterable[Row], bad: BadRows) -> Iterator[Restored]:
    """Store rows batch by batch; yields what became of them so far. The study is declared ahead of the first.

    Observations keep their ids, times, expectations and corrections. Their revisions count on from that of the study:
    a new study has the revisions of the old one.

    Raises:
        ExchangeError: a row is bad, and `bad` refuses it; nothing of its batch was stored.
    """
    checker = Checker(target.study, target.space)
    restored = Restored()
    declared = False
    for batch in _batches(rows):
        checked = [checker.check(row) for row in batch]
        _put_aside(checked, bad, restored)
        good = [row for row in checked if isinstance(row, GoodRow)]
        if good and not declared:
            target.declare(store)
            declared = True
        answer = _stored(store, target, good, bad, restored)
        restored.stored += len(answer.created)
        restored.created += sum(answer.created)
        yield restored
    if not declared and not bad.skipped:
        target.declare(store)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in batches; an id that comes again begins a new one, so that the store sees what the first one was."""
    batch: list[Row] = []
    ids: set[str] = set()
    for row in rows:
        key = row.history.observation.observation_id if isinstance(row, GoodRow) else None
        if len(batch) >= BATCH or key in ids:
            yield batch
            batch, ids = [], set()
        batch.append(row)
        if key is not None:
            ids.add(key)
    if batch:
        yield batch


def _stored(
    store: ObservationStore, target: Target, rows: Sequence[GoodRow], bad: BadRows, restored: Restored
) -> Appended:
    if not rows:
        return Appended(target.revision, ())
    try:
        return store.restore(target.study.name, [row.history for row in rows], target.revision)
    except ObservationConflictError as err:
        conflicts = [BadRow(rows[i].number, rows[i].content, reason) for i, reason in sorted(err.errors.items())]
        _put_aside(conflicts, bad, restored)
        return _stored(store, target, [row for i, row in enumerate(rows) if i not in err.errors], bad, restored)


def _put_aside(rows: Sequence[Row], bad: BadRows, restored: Restored) -> None:
    for row in rows:
        if isinstance(row, BadRow):
            bad.take(row, restored.stored)
