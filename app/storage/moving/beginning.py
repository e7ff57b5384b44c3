"""What a target has already: it has to be the beginning of what the source has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from app.domain.correction import History
from app.domain.errors import SpaceConflictError, StudyConflictError
from app.domain.study import Study
from app.predictor.store import SpaceRecord, StudyRecord
from app.storage.moving.checksum import Checksum, line
from app.storage.observation_store import SqlObservationStore
from app.storage.study_rows import difference

CHUNK = 1_000  # observations written in one transaction, and between two looks at the progress
READ = 200  # observations read at once: 20 take a third longer, 500 no less

Progress = Callable[[str, int, int], None]
"""Told what is being done, with how many observations, of how many."""


@dataclass(slots=True)
class Beginning:
    """The observations that a study has at both sides, from the first on.

    Args:
        record: the study at the source, as it is to be at the target.
        checksum: of their histories.
        corrected: whether the source has corrections of them that the target lacks; the checksum is none then.
        revision: of the last of them.
        n_last: how many of them have that revision.
    """

    record: StudyRecord
    checksum: Checksum = field(default_factory=Checksum)
    corrected: bool = False
    revision: int = 0
    n_last: int = 0

    def add(self, history: History, its_line: bytes) -> None:
        """Take the next one in."""
        self.checksum.add(history, its_line)
        revision = history.observation.revision
        self.n_last = self.n_last + 1 if revision == self.revision else 1
        self.revision = revision

    def rest(self, store: SqlObservationStore, as_of: int | None = None) -> Iterator[History]:
        """What comes after it in a store."""
        histories = store.histories(self.record.study.name, as_of, max(0, self.revision - 1), READ)
        return islice(histories, self.n_last, None)


def refuse_another(studies: Sequence[StudyRecord], spaces: Sequence[SpaceRecord], target: SqlObservationStore) -> None:
    """Refuse a target with studies that are not those of the source; nothing is written.

    Raises:
        StudyConflictError: one is declared otherwise, or has observations and is not at the source.
        SpaceConflictError: the search space of one with observations is declared otherwise.
    """
    ours = {record.study.name: record.study for record in studies}
    declared = {space.name: space.declaration for space in spaces}
    there = {space.name: space.declaration for space in target.spaces()}
    for record in target.studies():
        study, n = record.study, record.n_observations + record.n_retracted
        if study.name in ours:
            _refuse_difference(ours[study.name], study)
        elif n:
            raise StudyConflictError(
                f"the target has a study {study.name!r} with {n} observations, and the source has none of that name: "
                f"{_way_out(study.name)}"
            )
        if n and declared.get(study.space) != there.get(study.space):
            raise SpaceConflictError(
                f"search space {study.space!r} of study {study.name!r} is declared otherwise at the target: "
                f"{_way_out(study.name)}"
            )


def beginning(
    source: SqlObservationStore, target: SqlObservationStore, record: StudyRecord, progress: Progress
) -> Beginning:
    """What of a study that is at the target as well; nothing is written.

    Raises:
        StudyConflictError: it has something that the source has not.
    """
    name = record.study.name
    begun = Beginning(record)
    total = record.n_observations + record.n_retracted
    ours = source.histories(name, record.revision, at_once=READ)
    for theirs in target.histories(name, at_once=READ):
        here = next(ours, None)
        its_line = line(theirs)
        if here is None or line(_with_first(here, len(theirs.corrections))) != its_line:
            raise StudyConflictError(
                f"the target has observation {theirs.observation.observation_id[:80]!r} of study {name!r}, with its "
                "corrections, otherwise than the source: if the target is where the study went on, move it the other "
                f"way; else {_way_out(name)}"
            )
        begun.add(theirs, its_line)
        begun.corrected = begun.corrected or len(here.corrections) > len(theirs.corrections)
        if begun.checksum.n_observations % CHUNK == 0:
            progress(f"looking at {name}", begun.checksum.n_observations, total)
    return begun


def _with_first(history: History, n: int) -> History:
    """The history as it was with its first n corrections."""
    since = history.corrections[n:]
    return History(since[0].before if since else history.observation, history.corrections[:n])


def _refuse_difference(ours: Study, theirs: Study) -> None:
    # The source may have got further metrics since.
    begun = replace(ours, metrics=ours.metrics[: len(theirs.metrics)])
    if differs := difference(begun, theirs):
        raise StudyConflictError(
            f"study {ours.name!r} is declared at the target with {differs} as at the source: {_way_out(ours.name)}"
        )


def _way_out(study: str) -> str:
    return f"delete the study there (DELETE /studies/{study}), or name an empty target"
