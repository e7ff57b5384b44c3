"""Moves search spaces, studies and suggestions from one store into another, where they are compared.

Observations keep their ids, times, revisions and corrections. The target grows in the order of the source, one
transaction after the other, so that a move which ends early goes on where it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice, zip_longest

from app.domain.correction import History
from app.domain.errors import StoreError, UnknownStudyError
from app.predictor.store import SpaceRecord, StudyRecord
from app.storage.moving.beginning import CHUNK, READ, Beginning, Progress, beginning, refuse_another
from app.storage.moving.checksum import line
from app.storage.observation_store import SqlObservationStore

_WAY_OUT = "stop what else writes the target, and run it again; if that does not help, start with an empty target"


@dataclass(frozen=True, slots=True)
class Moved:
    """A study that is the same in both stores.

    Args:
        record: the study at the source when the move began, and at the target now.
        digest: SHA-256 of its histories.
        went_on: whether the source is another by now.
        came: how many observations came to the source since.
    """

    record: StudyRecord
    n_corrections: int
    n_suggestions: int
    digest: str
    went_on: bool
    came: int


def move(
    source: SqlObservationStore, target: SqlObservationStore, progress: Progress = lambda _what, _done, _total: None
) -> Iterator[Moved]:
    """Move everything; yields each study once it is the same. What came meanwhile is brought along by doing it again.

    Raises:
        StudyConflictError, SpaceConflictError: the target has what the source has not; nothing was written.
        StoreError: a store fails, cannot hold what the other one holds, or differs in the end.
    """
    studies, spaces = source.studies(), source.spaces()
    refuse_another(studies, spaces, target)
    there = {version.study.name for version in target.versions()}
    begun = [
        beginning(source, target, record, progress) if record.study.name in there else Beginning(record)
        for record in studies
    ]
    _take_spaces(target, spaces)
    for each in begun:
        name = each.record.study.name
        try:
            yield _moved(source, target, each, progress)
        except UnknownStudyError as err:
            raise _deleted(name) from err


def declared_since(source: SqlObservationStore, moved: Sequence[Moved]) -> list[str]:
    """Studies of the source that are none of those that were moved."""
    return sorted({record.study.name for record in source.versions()} - {each.record.study.name for each in moved})


def _take_spaces(target: SqlObservationStore, spaces: Sequence[SpaceRecord]) -> None:
    for space in spaces:
        target.take_space(space)
    there = target.spaces()
    for space in spaces:
        if space not in there:
            raise StoreError(f"search space {space.name!r} differs after it was moved: {_WAY_OUT}")


def _moved(source: SqlObservationStore, target: SqlObservationStore, begun: Beginning, progress: Progress) -> Moved:
    record = begun.record
    name = record.study.name
    target.take_study(record)
    _copy(source, target, begun, progress)
    suggestions = source.suggestions(name)
    target.finish_study(name, record.revision, suggestions)
    if begun.corrected:
        begun = Beginning(record)
    _compare(source, target, begun, progress)
    if target.suggestions(name) != suggestions:
        raise StoreError(f"suggestions of study {name!r} differ after they were moved: {_WAY_OUT}")
    now = source.study(name)
    if now.created_at != record.created_at:
        raise _deleted(name)
    return Moved(
        record,
        begun.checksum.n_corrections,
        len(suggestions),
        begun.checksum.digest,
        went_on=now != record or source.suggestions(name) != suggestions,
        came=_n_stored(now) - _n_stored(record),
    )


def _copy(source: SqlObservationStore, target: SqlObservationStore, begun: Beginning, progress: Progress) -> None:
    name, total = begun.record.study.name, _n_stored(begun.record)
    done = begun.checksum.n_observations
    coming = _coming(source, begun)
    chunks = 0
    while batch := list(islice(coming, CHUNK)):
        try:
            created = target.restore(name, batch, 0).created
        except StoreError as err:
            raise _refused(name, batch, err) from err
        chunks += 1
        if chunks.bit_count() == 1:  # each time that it has doubled
            target.analyze()
        done += sum(created)
        progress(f"copying {name}", min(done, total), total)


def _coming(source: SqlObservationStore, begun: Beginning) -> Iterator[History]:
    """What the target lacks; where corrections are among it, all that was ever corrected."""
    record, n = begun.record, begun.checksum.n_observations
    if not begun.corrected:
        yield from begun.rest(source, record.revision)
        return
    for i, history in enumerate(source.histories(record.study.name, record.revision, at_once=READ)):
        if i >= n or history.corrections:
            yield history


def _compare(source: SqlObservationStore, target: SqlObservationStore, begun: Beginning, progress: Progress) -> None:
    """Take all that comes after a beginning into it.

    Raises:
        StoreError: the stores differ.
    """
    record = begun.record
    name, total = record.study.name, _n_stored(record)
    for ours, theirs in zip_longest(begun.rest(source, record.revision), begun.rest(target)):
        if ours is None or theirs is None or (its_line := line(ours)) != line(theirs):
            at = (ours or theirs).observation.observation_id[:80]
            raise StoreError(f"study {name!r} differs after it was moved, at observation {at!r}: {_WAY_OUT}")
        begun.add(ours, its_line)
        if begun.checksum.n_observations % CHUNK == 0:
            progress(f"comparing {name}", begun.checksum.n_observations, total)
    there = target.study(name)
    odd = [
        each.name for each in fields(there) if each.compare and getattr(there, each.name) != getattr(record, each.name)
    ]
    if odd or begun.checksum.n_observations != total:
        raise StoreError(f"study {name!r} differs after it was moved ({', '.join(odd) or 'observations'}): {_WAY_OUT}")


def _n_stored(record: StudyRecord) -> int:
    return record.n_observations + record.n_retracted


def _refused(study: str, batch: Sequence[History], error: StoreError) -> StoreError:
    """The error with the observation that PostgreSQL cannot hold, where there is one; elsewhere NUL is text."""
    for history in batch if "NUL" in str(error) else ():
        observation = history.observation
        texts = {"observation_id": observation.observation_id, "worker": observation.worker}
        for made in history.corrections:
            texts |= {
                f"{what} of a correction": text for what, text in (("actor", made.actor), ("reason", made.reason))
            }
        if odd := [what for what, text in texts.items() if text and "\0" in text]:
            return StoreError(
                f"PostgreSQL keeps no NUL character (\\u0000), and observation {observation.observation_id[:80]!r} of "
                f"study {study!r} has one in {odd[0]}: write the study with 'emprox export', take it out of the file, "
                "and import that into a new study"
            )
    return error


def _deleted(study: str) -> StoreError:
    return StoreError(
        f"study {study!r} was deleted at the source meanwhile: delete it at the target as well, and run it again"
    )
