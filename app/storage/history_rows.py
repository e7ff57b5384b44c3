"""Observations with their corrections, read and restored as a whole, in a relational database."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from sqlalchemy import Connection, insert, select, update

from app.domain.correction import Corrected, History
from app.domain.errors import ObservationConflictError
from app.domain.observation import Observation
from app.predictor.store import Appended
from app.storage import rows
from app.storage.correction_rows import rewrite
from app.storage.observation_rows import CHUNK, Numbered, find, insert_at, numbered, set_revision
from app.storage.rows import AnyRow
from app.storage.study_rows import study_row
from app.storage.tables import corrections, studies

_Stored = Mapping[str, tuple[int, History]]
"""The number of an observation's row and its history, by its id."""


def histories(connection: Connection, study_id: int, as_of: int | None, after: int, at_once: int) -> Iterator[History]:
    """See `SqlObservationStore.histories`."""
    with closing(numbered(connection, study_id, after, as_of, at_once)) as chunks:
        for chunk in chunks:
            for _, history in _with_corrections(connection, chunk):
                yield history if as_of is None else _as_of(history, as_of)


def restore(connection: Connection, name: str, batch: Sequence[History], after: int) -> Appended:
    """See `ObservationStore.restore`; in a transaction that writes."""
    study = study_row(connection, name)
    stored = _stored(connection, study.id, [each.observation.observation_id for each in batch])
    counted_on = [_counted_on(each, after) for each in batch]
    _refuse_conflicts(counted_on, stored)
    new = [each for each in counted_on if each.observation.observation_id not in stored]
    known = [each for each in counted_on if each.observation.observation_id in stored]
    corrected = [each for each in known if _came_since(each, stored)]
    if not new and not corrected:
        return Appended(study.revision, (False,) * len(batch))
    numbers = insert_at(connection, study, [(each.observation.revision, each.observation) for each in new])
    number_of = {each.observation.observation_id: number for number, each in zip(numbers, new, strict=True)}
    number_of |= {each.observation.observation_id: stored[each.observation.observation_id][0] for each in corrected}
    made = [
        rows.correction_row(one, study.id, number_of[each.observation.observation_id])
        for each in (*new, *corrected)
        for one in _came_since(each, stored)
    ]
    if made:
        connection.execute(insert(corrections), made)
    if corrected:
        after_them = {number_of[each.observation.observation_id]: each.observation for each in corrected}
        rewrite(connection, study, after_them)
    revision = max(study.revision, *(_last_revision(each) for each in (*new, *corrected)))
    set_revision(connection, study, revision)
    connection.execute(update(studies).where(studies.c.id == study.id).values(restored=studies.c.restored + 1))
    return Appended(revision, tuple(each.observation.observation_id in number_of for each in batch))


def _with_corrections(connection: Connection, chunk: Sequence[Numbered]) -> list[tuple[int, History]]:
    """Of at most `CHUNK` observations: the number of each one's row, and all that was ever corrected of it."""
    rows_of: dict[int, list[AnyRow]] = defaultdict(list)
    statement = select(corrections).where(corrections.c.observation_id.in_([number for number, _ in chunk]))
    for row in connection.execute(statement.order_by(corrections.c.id)):
        rows_of[row.observation_id].append(row)
    return [(number, History(each, _corrected(rows_of.get(number, ()), each))) for number, each in chunk]


def _corrected(correction_rows: Sequence[AnyRow], observation: Observation) -> tuple[Corrected, ...]:
    key, at, revision = observation.observation_id, observation.observed_at, observation.revision
    return tuple(rows.corrected(row, key, at, revision) for row in correction_rows)


def _as_of(history: History, revision: int) -> History:
    """The same as it was at a revision of its study."""
    known = tuple(each for each in history.corrections if each.revision <= revision)
    since = history.corrections[len(known) :]
    return History(since[0].before if since else history.observation, known)


def _stored(connection: Connection, study_id: int, ids: Sequence[str]) -> _Stored:
    found = list(find(connection, study_id, ids).values())
    chunks = (found[start : start + CHUNK] for start in range(0, len(found), CHUNK))
    return {
        history.observation.observation_id: (number, history)
        for chunk in chunks
        for number, history in _with_corrections(connection, chunk)
    }


def _counted_on(history: History, after: int) -> History:
    """The same with all revisions moved on."""
    first = history.observation.revision + after
    corrections = tuple(
        replace(each, revision=each.revision + after, before=replace(each.before, revision=first))
        for each in history.corrections
    )
    return History(replace(history.observation, revision=first), corrections)


def _came_since(history: History, stored: _Stored) -> tuple[Corrected, ...]:
    """The corrections of an observation that the store has not."""
    _, known = stored.get(history.observation.observation_id, (0, None))
    return history.corrections[len(known.corrections) :] if known else history.corrections


def _last_revision(history: History) -> int:
    return max(history.observation.revision, *(each.revision for each in history.corrections), 0)


def _refuse_conflicts(batch: Sequence[History], stored: _Stored) -> None:
    """Compare what comes with what is there.

    Raises:
        ObservationConflictError: as `ObservationStore.restore` says.
    """
    errors = {}
    for index, each in enumerate(batch):
        key = each.observation.observation_id
        _, known = stored.get(key, (0, each))
        if not known.first.same_content(each.first):
            errors[index] = f"observation_id {key[:80]!r} is taken by another content"
        elif any(a != b for a, b in zip(_signatures(known), _signatures(each), strict=False)):
            errors[index] = f"observation {key[:80]!r} was corrected otherwise here"
    if errors:
        raise ObservationConflictError(
            f"{len(errors)} of {len(batch)} observations are here with another content; none was stored", errors
        )


def _signatures(history: History) -> list[tuple[object, ...]]:
    return [(each.action, each.actor, each.reason, each.corrected_at) for each in history.corrections]
