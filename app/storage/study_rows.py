"""Studies and their metrics in a relational database."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, null, select, true, update

from app.domain.errors import StudyConflictError, UnknownStudyError
from app.domain.study import Metric, Study, exact
from app.predictor.ports import EncoderTarget
from app.predictor.store import StudyRecord, StudyVersion
from app.storage import rows
from app.storage.rows import AnyRow
from app.storage.tables import corrections, metrics, observations, studies

_CORRECTED = (
    select(func.max(corrections.c.revision))
    .where(corrections.c.study_id == studies.c.id)
    .scalar_subquery()
    .label("corrected")
)


def study_records(connection: Connection, name: str | None = None) -> list[StudyRecord]:
    """The study of this name, or all by name."""
    wanted = true() if name is None else studies.c.name == name
    stored = select(func.count()).where(observations.c.study_id == studies.c.id)
    counts = (
        stored.scalar_subquery().label("n_stored"),
        stored.where(observations.c.retracted).scalar_subquery().label("n_retracted"),
        _CORRECTED,
    )
    study_rows = connection.execute(select(studies, *counts).where(wanted).order_by(studies.c.name)).all()
    metrics_of: dict[int, list[AnyRow]] = {row.id: [] for row in study_rows}
    for row in connection.execute(select(metrics).join(studies).where(wanted).order_by(metrics.c.position)):
        metrics_of[row.study_id].append(row)
    return [rows.study_record(row, metrics_of[row.id]) for row in study_rows]


def study_record(connection: Connection, name: str) -> StudyRecord:
    """One study.

    Raises:
        UnknownStudyError: there is none of this name.
    """
    records = study_records(connection, name)
    if not records:
        raise _unknown(name)
    return records[0]


def study_versions(connection: Connection) -> list[StudyVersion]:
    """All studies by name, without their counts."""
    found = connection.execute(select(studies, _CORRECTED).order_by(studies.c.name)).all()
    metrics_of: dict[int, list[AnyRow]] = {row.id: [] for row in found}
    for row in connection.execute(select(metrics).order_by(metrics.c.position)):
        metrics_of[row.study_id].append(row)
    return [rows.study_version(row, metrics_of[row.id]) for row in found]


def study_version(connection: Connection, name: str) -> StudyVersion:
    """One study, without its counts.

    Raises:
        UnknownStudyError: there is none of this name.
    """
    row = connection.execute(select(studies, _CORRECTED).where(studies.c.name == name)).one_or_none()
    if row is None:
        raise _unknown(name)
    of_study = select(metrics).where(metrics.c.study_id == row.id).order_by(metrics.c.position)
    return rows.study_version(row, connection.execute(of_study).all())


def declare(connection: Connection, study: Study) -> bool:
    """See `ObservationStore.declare`; in a transaction that writes."""
    stored = study_records(connection, study.name)
    if stored:
        if differs := difference(study, stored[0].study):
            raise StudyConflictError(f"study {study.name!r} is declared with {differs}: declare it under another name")
        return False
    values = {
        "name": study.name,
        "space": study.space,
        "proxies": list(study.proxies),
        "fidelity": dict(study.fidelity),
        "revision": 0,
        "created_at": datetime.now(UTC),
    }
    study_id = connection.execute(insert(studies).values(values).returning(studies.c.id)).scalar_one()
    connection.execute(
        insert(metrics), [rows.metric_row(study_id, position, metric) for position, metric in enumerate(study.metrics)]
    )
    return True


def add_metric(connection: Connection, name: str, metric: Metric) -> bool:
    """See `ObservationStore.add_metric`; in a transaction that writes."""
    row, study = study_row(connection, name), study_record(connection, name).study
    if taken := next((each for each in study.metrics if each.name == metric.name), None):
        if taken != metric:
            raise StudyConflictError(
                f"study {name!r} records {_told(taken)}, not {_told(metric)}: add it under another name"
            )
        return False
    position = len(replace(study, metrics=(*study.metrics, metric)).metrics) - 1  # checked by being made
    connection.execute(insert(metrics).values(rows.metric_row(row.id, position, metric)))
    connection.execute(update(studies).where(studies.c.id == row.id).values(revision=row.revision + 1))
    return True


def set_target(connection: Connection, name: str, target: EncoderTarget | None) -> None:
    """See `ObservationStore.set_target`; in a transaction that writes."""
    values = {"encoder_target": asdict(target) if target else null()}
    connection.execute(update(studies).where(studies.c.id == study_row(connection, name).id).values(values))


def set_encoder(connection: Connection, name: str, encoder: str | None) -> None:
    """See `ObservationStore.set_encoder`; in a transaction that writes."""
    values = {"encoder": encoder, "encoder_target": null()}
    connection.execute(update(studies).where(studies.c.id == study_row(connection, name).id).values(values))


def delete_study(connection: Connection, name: str) -> None:
    """See `ObservationStore.delete`; in a transaction that writes."""
    connection.execute(delete(studies).where(studies.c.id == study_row(connection, name).id))


def study_row(connection: Connection, name: str) -> AnyRow:
    """Number and revision of a study; in a transaction that writes, nobody else changes it before the commit.

    Raises:
        UnknownStudyError: there is none of this name.
    """
    c = studies.c
    statement = select(c.id, c.name, c.revision, c.created_at, c.space).where(c.name == name)
    if connection.get_execution_options().get("writes"):
        statement = statement.with_for_update()
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _unknown(name)
    return row


def metric_ids(connection: Connection, study_id: int) -> dict[str, int]:
    """The number of each metric of a study by its name, in order."""
    statement = select(metrics.c.name, metrics.c.id).where(metrics.c.study_id == study_id).order_by(metrics.c.position)
    return dict(connection.execute(statement).all())


def difference(study: Study, stored: Study) -> str | None:
    """In what a declaration differs from the stored one, in words, or None: "proxies none, not flops"."""
    for what, ours, theirs in [
        ("space", repr(stored.space), repr(study.space)),
        ("metrics", _listed(stored), _listed(study)),
        ("proxies", ", ".join(stored.proxies) or "none", ", ".join(study.proxies) or "none"),
        ("fidelity", stored.full or "none", study.full or "none"),
    ]:
        if ours != theirs:
            return f"{what} {ours}, not {theirs}"
    return None


def _unknown(name: str) -> UnknownStudyError:
    return UnknownStudyError(f"there is no study {name[:80]!r}: declare it first")


def _listed(study: Study) -> str:
    return "; ".join(_told(metric) for metric in study.metrics)


def _told(metric: Metric) -> str:
    failure = "" if metric.failure_value is None else f", a failure counts as {exact(metric.failure_value)}"
    return f"{metric.name} ({metric.direction}, unit {metric.unit!r}{failure})"
