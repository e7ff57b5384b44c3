"""Batches of new observations, those of many requests in one transaction."""

from collections.abc import Mapping, Sequence
from itertools import compress

from sqlalchemy import Connection

from app.domain.errors import (
    EmproxError,
    NotReadyError,
    ObservationConflictError,
    UnknownMetricError,
    UnknownStudyError,
)
from app.domain.observation import Observation
from app.predictor.store import Appended, StudyIdentity
from app.storage.correction_rows import as_first_stored
from app.storage.observation_rows import find, insert_at, set_revision
from app.storage.rows import AnyRow
from app.storage.space_rows import declaration
from app.storage.study_rows import metric_ids, study_row


def append_each(
    connection: Connection,
    batches: Sequence[tuple[str, Sequence[Observation]]],
    checked: Sequence[StudyIdentity] | None = None,
) -> list[Appended | EmproxError]:
    """See `ObservationStore.append_each`; in a transaction that writes.

    Every batch is checked before anything is written, so that none of them has to be taken back.
    """
    found: dict[int, Appended | EmproxError] = {}
    for name in sorted({study for study, _ in batches}):  # in one order, so that two processes never wait in a circle
        of_study = {i: observations for i, (study, observations) in enumerate(batches) if study == name}
        identities = [checked[i] if checked else None for i in of_study]
        try:
            outcomes = _append_to(connection, name, list(of_study.values()), identities)
        except UnknownStudyError as err:
            outcomes = [err] * len(of_study)
        found |= zip(of_study, outcomes, strict=True)
    return [found[i] for i in range(len(batches))]


def _append_to(
    connection: Connection,
    name: str,
    batches: Sequence[Sequence[Observation]],
    checked: Sequence[StudyIdentity | None],
) -> Sequence[Appended | EmproxError]:
    study = study_row(connection, name)
    declared = declaration(connection, study.space) if any(each and each.declaration for each in checked) else None
    metrics = metric_ids(connection, study.id)
    ids = {each.observation_id for batch in batches for each in batch}
    # A worker that repeats a request knows nothing of what was corrected meanwhile.
    known = as_first_stored(connection, find(connection, study.id, ids))
    revision = study.revision
    new: list[tuple[int, Observation]] = []
    outcomes: list[Appended | EmproxError] = []
    for batch, identity in zip(batches, checked, strict=True):
        try:
            _refuse_another(study, declared, identity)
            created = _created(batch, known)
            _refuse_unknown_metrics(name, batch, metrics)
        except (NotReadyError, ObservationConflictError, UnknownMetricError) as err:
            outcomes.append(err)
            continue
        expected = tuple(known.get(each.observation_id, each).expected for each in batch)
        revision += any(created)
        added = list(compress(batch, created))
        new += [(revision, each) for each in added]
        known.update((each.observation_id, each) for each in added)
        outcomes.append(Appended(revision, created, expected))
    insert_at(connection, study, new)
    if revision > study.revision:
        set_revision(connection, study, revision)
    return outcomes


def _refuse_another(study: AnyRow, declared: str | None, checked: StudyIdentity | None) -> None:
    """Refuse what was checked against a study or a space that has been declared anew since.

    Raises:
        NotReadyError: it was.
    """
    if checked and checked != (study.created_at, declared):
        raise NotReadyError(f"study {study.name!r} or its space was declared anew a moment ago: send it again")


def _created(batch: Sequence[Observation], stored: Mapping[str, Observation]) -> tuple[bool, ...]:
    """For each observation, whether it is new.

    Raises:
        ObservationConflictError: an id is taken by another content.
    """
    known = dict(stored)
    created = []
    errors = {}
    for index, observation in enumerate(batch):
        created.append(observation.observation_id not in known)
        if not known.setdefault(observation.observation_id, observation).same_content(observation):
            errors[index] = (
                f"observation_id {observation.observation_id[:80]!r} is taken by another content: "
                "send it under a new observation_id"
            )
    if errors:
        raise ObservationConflictError(
            f"{len(errors)} of {len(batch)} observations have an observation_id that is taken; none was stored", errors
        )
    return tuple(created)


def _refuse_unknown_metrics(study: str, batch: Sequence[Observation], metrics: Mapping[str, int]) -> None:
    for observation in batch:
        if unknown := observation.metrics.keys() - metrics.keys():
            raise UnknownMetricError(f"study {study!r} has no metric {min(unknown)!r}: it records {', '.join(metrics)}")
