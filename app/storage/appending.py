"""Batches of new observations, those of many requests in one transaction."""

from collections.abc import Mapping, Sequence
from itertools import compress

from sqlalchemy import Connection

from app.domain.errors import EmproxError, ObservationConflictError, UnknownMetricError, UnknownStudyError
from app.domain.observation import Observation
from app.predictor.store import Appended
from app.storage.correction_rows import as_first_stored
from app.storage.observation_rows import find, insert_at, set_revision
from app.storage.study_rows import metric_ids, study_row


def append_each(
    connection: Connection, batches: Sequence[tuple[str, Sequence[Observation]]]
) -> list[Appended | EmproxError]:
    """See `ObservationStore.append_each`; in a transaction that writes.

    Every batch is checked before anything is written, so that none of them has to be taken back.
    """
    found: dict[int, Appended | EmproxError] = {}
    for name in sorted({study for study, _ in batches}):  # in one order, so that two processes never wait in a circle
        of_study = {i: observations for i, (study, observations) in enumerate(batches) if study == name}
        try:
            outcomes = _append_to(connection, name, list(of_study.values()))
        except UnknownStudyError as err:
            outcomes = [err] * len(of_study)
        found |= zip(of_study, outcomes, strict=True)
    return [found[i] for i in range(len(batches))]


def _append_to(
    connection: Connection, name: str, batches: Sequence[Sequence[Observation]]
) -> Sequence[Appended | EmproxError]:
    study = study_row(connection, name)
    metrics = metric_ids(connection, study.id)
    ids = {each.observation_id for batch in batches for each in batch}
    # A worker that repeats a request knows nothing of what was corrected meanwhile.
    known = as_first_stored(connection, find(connection, study.id, ids))
    revision = study.revision
    new: list[tuple[int, Observation]] = []
    outcomes: list[Appended | EmproxError] = []
    for batch in batches:
        try:
            created = _created(batch, known)
            _refuse_unknown_metrics(name, batch, metrics)
        except (ObservationConflictError, UnknownMetricError) as err:
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
