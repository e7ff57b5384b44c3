"""Corrections of observations, and their audit log, in a relational database.

The observations are as they are now; each entry of the log keeps one as it was. Corrections are few, so that what was
stored at any revision is what is now, but for the observations that were corrected since.
"""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from app.domain.correction import Action, Corrected, Correction
from app.domain.errors import InvalidCorrectionsError, ObservationNotFoundError
from app.domain.observation import Observation
from app.domain.study import Study
from app.predictor.store import Appended
from app.storage import rows
from app.storage.observation_rows import CHUNK, Numbered, find, insert_measurements, set_revision
from app.storage.rows import AnyRow
from app.storage.study_rows import study_record, study_row
from app.storage.tables import corrections, measurements, observations


def correct(connection: Connection, name: str, batch: Sequence[Correction]) -> Appended:
    """See `ObservationStore.correct`; in a transaction that writes."""
    study = study_row(connection, name)
    stored = find(connection, study.id, {correction.observation_id for correction in batch})
    versions = _versions(study_record(connection, name).study, batch, stored)
    created = tuple(_differ(before, after) for before, after in versions)
    if not any(created):
        return Appended(study.revision, created)
    revision = study.revision + 1
    now = datetime.now(UTC)
    changes = [
        (correction, stored[correction.observation_id][0], before, after)
        for correction, (before, after), differ in zip(batch, versions, created, strict=True)
        if differ
    ]
    connection.execute(
        insert(corrections),
        [
            rows.correction_row(
                Corrected(revision, made.action, made.actor, made.reason, before, now), study.id, number
            )
            for made, number, before, _ in changes
        ],
    )
    rewrite(connection, study, {number: after for _, number, _, after in changes})
    set_revision(connection, study, revision)
    return Appended(revision, created)


def audit_log(connection: Connection, name: str, observation_id: str | None) -> Iterator[Corrected]:
    """See `ObservationStore.corrections`."""
    statement = (
        select(
            corrections,
            observations.c.observation_id.label("key"),
            observations.c.observed_at,
            observations.c.revision.label("first"),
        )
        .join(observations, corrections.c.observation_id == observations.c.id)
        .where(corrections.c.study_id == study_row(connection, name).id)
        .order_by(corrections.c.revision, corrections.c.id)
        .execution_options(yield_per=CHUNK)
    )
    if observation_id is not None:
        statement = statement.where(observations.c.observation_id == observation_id)
    with connection.execute(statement) as found:
        for row in found:
            yield rows.corrected(row, row.key, row.observed_at, row.first)


def as_first_stored(connection: Connection, stored: Mapping[str, Numbered]) -> dict[str, Observation]:
    """The observations as workers sent them, before any correction; by their id."""
    numbers = [number for number, _ in stored.values()]
    first: dict[int, AnyRow] = {}
    for start in range(0, len(numbers), CHUNK):
        statement = select(corrections).where(corrections.c.observation_id.in_(numbers[start : start + CHUNK]))
        for row in connection.execute(statement.order_by(corrections.c.id.desc())):
            first[row.observation_id] = row
    return {key: _before(first.get(number), observation) for key, (number, observation) in stored.items()}


def as_of(
    connection: Connection, study_id: int, revision: int, chunks: Generator[list[Numbered]]
) -> Generator[list[Numbered]]:
    """Observations as they were at a revision."""
    statement = select(corrections).where(corrections.c.study_id == study_id, corrections.c.revision > revision)
    # The earliest correction since then knows what there was; a later one is overwritten.
    since = {row.observation_id: row for row in connection.execute(statement.order_by(corrections.c.id.desc()))}
    with closing(chunks):
        for chunk in chunks:
            yield [(number, _before(since.get(number), observation)) for number, observation in chunk]


def rewrite(connection: Connection, study: AnyRow, after: Mapping[int, Observation]) -> None:
    """Let observations, by the numbers of their rows, be like this."""
    for number, observation in after.items():
        values = rows.observation_row(observation)
        connection.execute(update(observations).where(observations.c.id == number).values(values))
        connection.execute(delete(measurements).where(measurements.c.observation_id == number))
    insert_measurements(connection, study, list(after.items()))


def _versions(
    study: Study, batch: Sequence[Correction], stored: Mapping[str, Numbered]
) -> list[tuple[Observation, Observation]]:
    """Each observation before and after its correction; several of one observation follow each other.

    Raises:
        ObservationNotFoundError, InvalidCorrectionsError: as `ObservationStore.correct` says.
    """
    current = {key: observation for key, (_, observation) in stored.items()}
    missing = {
        i: f"study {study.name!r} has no observation {each.observation_id[:80]!r}"
        for i, each in enumerate(batch)
        if each.observation_id not in current
    }
    if missing:
        raise ObservationNotFoundError(_refused(missing, batch, "are of observations that are not there"), missing)
    versions: list[tuple[Observation, Observation]] = []
    wrong: dict[int, str] = {}
    for i, correction in enumerate(batch):
        before = current[correction.observation_id]
        after = correction.apply(before)
        if before.retracted and correction.action is Action.AMEND:
            wrong[i] = f"observation {before.observation_id[:80]!r} is retracted: restore it before you amend it"
        elif error := study.wrong_observation(after):
            wrong[i] = error
        current[correction.observation_id] = after
        versions.append((before, after))
    if wrong:
        raise InvalidCorrectionsError(_refused(wrong, batch, "are invalid"), wrong)
    return versions


def _differ(before: Observation, after: Observation) -> bool:
    """Whether a correction changes something; true and 1 are equal to Python, and not the same."""
    return before != after or any(
        json.dumps(getattr(before, name), sort_keys=True) != json.dumps(getattr(after, name), sort_keys=True)
        for name in ("notation", "fidelity", "metadata")
    )


def _refused(errors: Mapping[int, str], batch: Sequence[Correction], why: str) -> str:
    if len(batch) == 1:
        return next(iter(errors.values()))
    return f"{len(errors)} of {len(batch)} corrections {why}, and none was made"


def _before(row: AnyRow | None, observation: Observation) -> Observation:
    if row is None:
        return observation
    return rows.before(row, observation.observation_id, observation.observed_at, observation.revision)
