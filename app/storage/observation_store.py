"""Search spaces, studies and observations in a relational database."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, Select, func, insert, select, true, update

from app.domain.errors import ObservationConflictError, StudyConflictError, UnknownMetricError, UnknownStudyError
from app.domain.observation import Observation
from app.domain.study import Study
from app.predictor.ports import Appended, SpaceRecord, StudyRecord
from app.storage import rows, space_rows
from app.storage.failures import as_store_errors
from app.storage.rows import AnyRow
from app.storage.tables import measurements, metrics, observations, studies

CHUNK = 500  # rows read, and ids looked up, at once; old builds of SQLite take 999 variables in a statement

T = TypeVar("T")


class SqlObservationStore:
    """An `ObservationStore` over a migrated database; every method raises StoreError where the database fails.

    Writers take turns; readers run beside them.

    Args:
        engine: its transactions read one snapshot; those of connections with the execution option `writes` are
            ready to write from the start.
        release: called by `close`.
    """

    def __init__(self, engine: Engine, release: Callable[[], None]) -> None:
        self._engine = engine
        self._write_lock = threading.Lock()
        self._release = release

    def declare_space(self, name: str, declaration: str) -> bool:
        """See `ObservationStore.declare_space`."""
        with self._writing() as connection:
            return space_rows.declare_space(connection, name, declaration)

    def spaces(self) -> list[SpaceRecord]:
        """See `ObservationStore.spaces`."""
        with self._reading() as connection:
            return space_rows.space_records(connection)

    def declare(self, study: Study) -> bool:
        """See `ObservationStore.declare`."""
        with self._writing() as connection:
            stored = _records(connection, study.name)
            if not stored:
                _insert_study(connection, study)
                return True
        _refuse_difference(study, stored[0].study)
        return False

    def studies(self) -> list[StudyRecord]:
        """See `ObservationStore.studies`."""
        with self._reading() as connection:
            return _records(connection)

    def study(self, name: str) -> StudyRecord:
        """See `ObservationStore.study`."""
        with self._reading() as connection:
            records = _records(connection, name)
        if not records:
            raise _unknown(name)
        return records[0]

    def append(self, study: str, observations: Sequence[Observation]) -> Appended:
        """See `ObservationStore.append`.

        Raises:
            UnknownMetricError: an observation has a metric that the study does not record.
        """
        with self._writing() as connection:
            row = _study_row(connection, study)
            stored = _stored(connection, row.id, {observation.observation_id for observation in observations})
            created = _created(observations, stored)
            if not any(created):
                return Appended(row.revision, created)
            new = [observation for observation, is_new in zip(observations, created, strict=True) if is_new]
            _insert_observations(connection, row, new)
            return Appended(row.revision + 1, created)

    def observations(self, study: str, after: int = 0) -> Iterator[Observation]:
        """See `ObservationStore.observations`. The study is looked up at once, the rest as it is read.

        All of them come from one snapshot, which is let go with the iterator.
        """
        with self._reading() as connection:
            study_id = _study_row(connection, study).id
        return self._stream(study_id, after)

    def close(self) -> None:
        """See `ObservationStore.close`. Waits for a write that is under way."""
        with self._write_lock:
            self._release()

    def _stream(self, study_id: int, after: int) -> Iterator[Observation]:
        statement = (
            select(observations)
            .where(observations.c.study_id == study_id, observations.c.revision > after)
            .order_by(observations.c.revision, observations.c.id)
            .execution_options(yield_per=CHUNK)
        )
        with self._reading() as connection:
            for partition in connection.execute(statement).partitions():
                yield from _with_measurements(connection, partition)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with as_store_errors("the database cannot be read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        engine = self._engine.execution_options(writes=True)
        with (
            as_store_errors("the database cannot be written, nothing was stored"),
            self._write_lock,
            engine.begin() as connection,
        ):
            yield connection


def _records(connection: Connection, name: str | None = None) -> list[StudyRecord]:
    """The study of this name, or all by name."""
    wanted = true() if name is None else studies.c.name == name
    count = select(func.count()).where(observations.c.study_id == studies.c.id).scalar_subquery()
    study_rows = connection.execute(
        select(studies, count.label("n_observations")).where(wanted).order_by(studies.c.name)
    ).all()
    metrics_of: dict[int, list[AnyRow]] = {row.id: [] for row in study_rows}
    for row in connection.execute(select(metrics).join(studies).where(wanted).order_by(metrics.c.position)):
        metrics_of[row.study_id].append(row)
    return [rows.study_record(row, metrics_of[row.id]) for row in study_rows]


def _insert_study(connection: Connection, study: Study) -> None:
    values = {
        "name": study.name,
        "space": study.space,
        "proxies": list(study.proxies),
        "revision": 0,
        "created_at": datetime.now(UTC),
    }
    study_id = connection.execute(insert(studies).values(values).returning(studies.c.id)).scalar_one()
    connection.execute(insert(metrics), rows.metric_rows(study_id, study.metrics))


def _refuse_difference(study: Study, stored: Study) -> None:
    for what, ours, theirs in [
        ("space", repr(stored.space), repr(study.space)),
        ("metrics", _listed(stored), _listed(study)),
        ("proxies", ", ".join(stored.proxies) or "none", ", ".join(study.proxies) or "none"),
    ]:
        if ours != theirs:
            raise StudyConflictError(
                f"study {study.name!r} is declared with {what} {ours}, not {theirs}: declare it under another name"
            )


def _listed(study: Study) -> str:
    return "; ".join(f"{metric.name} ({metric.direction}, unit {metric.unit!r})" for metric in study.metrics)


def _study_row(connection: Connection, name: str) -> AnyRow:
    """Number and revision of a study; in a transaction that writes, nobody else changes it before the commit."""
    statement = select(studies.c.id, studies.c.name, studies.c.revision).where(studies.c.name == name)
    if connection.get_execution_options().get("writes"):
        statement = statement.with_for_update()
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _unknown(name)
    return row


def _unknown(name: str) -> UnknownStudyError:
    return UnknownStudyError(f"there is no study {name[:80]!r}: declare it first")


def _stored(connection: Connection, study_id: int, ids: Iterable[str]) -> dict[str, Observation]:
    """Those of the observations that the study holds, by their id."""
    found: dict[str, Observation] = {}
    for chunk in _chunks(ids):
        statement = select(observations).where(
            observations.c.study_id == study_id, observations.c.observation_id.in_(chunk)
        )
        for observation in _with_measurements(connection, connection.execute(statement).all()):
            found[observation.observation_id] = observation
    return found


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


def _insert_observations(connection: Connection, study: AnyRow, new: Sequence[Observation]) -> None:
    """Store observations, all of them new, as the next revision of their study."""
    revision = study.revision + 1
    connection.execute(
        insert(observations), [rows.observation_row(observation, study.id, revision) for observation in new]
    )
    # Asking for the numbers afterwards is quicker than RETURNING, which needs a statement for each row to keep order.
    numbers = _pairs(
        connection,
        select(observations.c.observation_id, observations.c.id).where(
            observations.c.study_id == study.id, observations.c.revision == revision
        ),
    )
    metric_ids = _pairs(
        connection,
        select(metrics.c.name, metrics.c.id).where(metrics.c.study_id == study.id).order_by(metrics.c.position),
    )
    try:
        measured = [
            {
                "observation_id": numbers[observation.observation_id],
                "metric_id": metric_ids[name],
                "value": value,
            }
            for observation in new
            for name, value in observation.metrics.items()
        ]
    except KeyError as err:
        raise UnknownMetricError(
            f"study {study.name!r} has no metric {err}: it records {', '.join(metric_ids)}"
        ) from err
    if measured:
        connection.execute(insert(measurements), measured)
    connection.execute(update(studies).where(studies.c.id == study.id).values(revision=revision))


def _pairs(connection: Connection, statement: Select[str, int]) -> dict[str, int]:
    return dict(connection.execute(statement).all())


def _with_measurements(connection: Connection, observation_rows: Sequence[AnyRow]) -> Iterator[Observation]:
    """The observations of at most `CHUNK` rows."""
    if not observation_rows:
        return iter(())
    measured: dict[int, dict[str, float]] = {row.id: {} for row in observation_rows}
    statement = (
        select(measurements.c.observation_id, metrics.c.name, measurements.c.value)
        .join(metrics)
        .where(measurements.c.observation_id.in_(measured))
    )
    for number, name, value in connection.execute(statement):
        measured[number][name] = value
    return (rows.observation(row, measured[row.id]) for row in observation_rows)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
