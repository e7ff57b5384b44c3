"""Search spaces and studies as another store has them, with their times and revisions, in a relational database."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, null, select, update

from app.domain.suggestion import Suggestion
from app.predictor.store import SpaceRecord, StudyRecord
from app.storage import rows
from app.storage.observation_rows import set_revision
from app.storage.space_rows import declare_space
from app.storage.study_rows import declare, metric_ids, study_row
from app.storage.tables import metrics, spaces, studies, suggestions


def take_space(connection: Connection, space: SpaceRecord) -> None:
    """See `SqlObservationStore.take_space`; in a transaction that writes."""
    declare_space(connection, space.name, space.declaration)
    connection.execute(update(spaces).where(spaces.c.name == space.name).values(created_at=space.created_at))


def take_study(connection: Connection, record: StudyRecord) -> None:
    """See `SqlObservationStore.take_study`; in a transaction that writes."""
    study = record.study
    if connection.scalar(select(studies.c.id).where(studies.c.name == study.name)) is None:
        declare(connection, study)
    study_id = study_row(connection, study.name).id
    known = metric_ids(connection, study_id)
    later = [
        rows.metric_row(study_id, position, metric)
        for position, metric in enumerate(study.metrics)
        if metric.name not in known
    ]
    if later:
        connection.execute(insert(metrics), later)
    values = {
        "created_at": record.created_at,
        "encoder": record.encoder,
        "encoder_target": asdict(record.target) if record.target else null(),
    }
    connection.execute(update(studies).where(studies.c.id == study_id).values(values))


def finish_study(connection: Connection, name: str, revision: int, kept: Sequence[Suggestion]) -> None:
    """See `SqlObservationStore.finish_study`; in a transaction that writes."""
    study = study_row(connection, name)
    connection.execute(delete(suggestions).where(suggestions.c.study_id == study.id))
    if kept:
        connection.execute(insert(suggestions), [{"study_id": study.id, **asdict(each)} for each in kept])
    set_revision(connection, study, revision)


def analyze(connection: Connection) -> None:
    """See `SqlObservationStore.analyze`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE (SKIP_LOCKED) observations, measurements, corrections")
