"""Suggestions in a relational database."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from app.domain.suggestion import Origin, Suggestion
from app.storage.study_rows import study_row
from app.storage.tables import observations, suggestions

_CHUNK = 500  # old builds of SQLite take 999 variables in a statement


def read(connection: Connection, study_id: int) -> list[Suggestion]:
    """See `ObservationStore.suggestions`."""
    statement = select(suggestions).where(suggestions.c.study_id == study_id).order_by(suggestions.c.id)
    return [
        Suggestion(
            row.suggestion_id,
            row.architecture_id,
            row.notation,
            Origin(row.origin),
            row.worker,
            row.created_at,
            row.expires_at,
        )
        for row in connection.execute(statement)
    ]


def replace(
    connection: Connection,
    name: str,
    kept: Sequence[Suggestion],
    settled: Sequence[str],
    known: Collection[str] | None,
) -> bool:
    """See `ObservationStore.suggest`; in a transaction that writes."""
    study_id = study_row(connection, name).id
    before = {each.suggestion_id: each for each in read(connection, study_id)}
    now = datetime.now(UTC)
    open_now = {key: each for key, each in before.items() if each.expires_at > now}
    new = [each for each in kept if each.suggestion_id not in open_now]  # one that has expired may be another's by now
    others = {each.architecture_id for key, each in open_now.items() if key not in settled}
    if any(each.architecture_id in others for each in new) or _trained(connection, study_id, new):
        return False
    workers = {each.worker for key, each in open_now.items() if known is not None and key not in known}
    if any(each.worker is not None and each.worker in workers for each in new):  # it asked another server as well
        return False
    for chunk in _chunks([*settled, *(each.suggestion_id for each in kept)]):
        connection.execute(
            delete(suggestions).where(suggestions.c.study_id == study_id, suggestions.c.suggestion_id.in_(chunk))
        )
    if kept:
        connection.execute(insert(suggestions), [{"study_id": study_id, **asdict(each)} for each in kept])
    return True


def _trained(connection: Connection, study_id: int, new: Sequence[Suggestion]) -> bool:
    """Whether one was trained meanwhile; a promotion was before, for less."""
    c = observations.c
    fresh = [each.architecture_id for each in new if each.origin is not Origin.PROMOTION]
    return any(
        connection.scalar(
            select(c.id).where(c.study_id == study_id, c.architecture_id.in_(chunk), ~c.retracted).limit(1)
        )
        for chunk in _chunks(fresh)
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
