"""Suggestions in a relational database."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select

from app.domain.suggestion import Origin, Suggestion
from app.storage.tables import suggestions

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


def replace(connection: Connection, study_id: int, new: Sequence[Suggestion], settled: Sequence[str]) -> None:
    """See `ObservationStore.suggest`; in a transaction that writes."""
    for chunk in _chunks([*settled, *(each.suggestion_id for each in new)]):
        connection.execute(
            delete(suggestions).where(suggestions.c.study_id == study_id, suggestions.c.suggestion_id.in_(chunk))
        )
    if new:
        connection.execute(insert(suggestions), [{"study_id": study_id, **asdict(each)} for each in new])


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
