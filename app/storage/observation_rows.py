"""Observations and what was measured, in a relational database."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice, repeat
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import Connection, bindparam, func, insert, literal_column, select, update

from app.domain.errors import UnknownMetricError
from app.domain.observation import Observation, Scalar, Status
from app.domain.prediction import Expectation
from app.predictor.store import ObservationFilter, Outcome, Training
from app.storage import rows
from app.storage.compiled import CompiledStatement
from app.storage.rows import AnyRow
from app.storage.study_rows import metric_ids
from app.storage.tables import measurements, metrics, observations, studies

CHUNK = 500  # rows read, and ids looked up, at once; old builds of SQLite take 999 variables in a statement
READ = 20  # of all observations: little enough Python at once for a request beside it, and no slower than 500

_LAST = CompiledStatement(select(func.max(observations.c.id)), ())
_INSERT = CompiledStatement(insert(observations), rows.NEW_OBSERVATION_COLUMNS)
_NUMBERS = CompiledStatement(
    select(observations.c.id)
    # With the bare column SQLite would go through an index of it: through the whole study, for the few last rows.
    .where(observations.c.id > bindparam("last"), observations.c.study_id + literal_column("0") == bindparam("study"))
    .order_by(observations.c.id),
    ("last", "study"),
)
_STORED = {
    n: CompiledStatement(
        select(observations.c.observation_id).where(
            observations.c.study_id == bindparam("study"),
            observations.c.observation_id.in_([bindparam(f"id{i}") for i in range(n)]),
        ),
        ("study", *(f"id{i}" for i in range(n))),
    )
    for n in (1, 32, CHUNK)
}
_INSERT_MEASUREMENTS = CompiledStatement(insert(measurements), rows.MEASUREMENT_COLUMNS)

Numbered = tuple[int, Observation]
"""The number of an observation's row, and the observation as it is now."""

T = TypeVar("T")


def find(connection: Connection, study_id: int, ids: Iterable[str]) -> dict[str, Numbered]:
    """Those of the observations that the study holds, by their id; retracted ones as well."""
    found: dict[str, Numbered] = {}
    for chunk in _chunks(_stored(connection, study_id, ids)):
        statement = select(observations).where(
            observations.c.study_id == study_id, observations.c.observation_id.in_(chunk)
        )
        for number, observation in _read(connection, connection.execute(statement).all()):
            found[observation.observation_id] = number, observation
    return found


def insert_at(connection: Connection, study: AnyRow, new: Sequence[tuple[int, Observation]]) -> list[int]:
    """Store observations, all of them new, each at a revision.

    Returns:
        The number of each one's row.

    Raises:
        UnknownMetricError: one has a metric that the study does not record.
    """
    if not new:
        return []
    last = _LAST.run(connection).scalar() or 0
    _INSERT.run_each(connection, [rows.new_observation_row(each, study.id, revision) for revision, each in new])
    # Asking for the numbers afterwards is quicker than RETURNING, which needs a statement for each row to keep order.
    # Nobody else adds to a study whose row is held, and numbers only grow.
    numbers: list[int] = list(_NUMBERS.run(connection, last, study.id).scalars())
    insert_measurements(connection, study, [(number, each) for number, (_, each) in zip(numbers, new, strict=True)])
    return numbers


def set_revision(connection: Connection, study: AnyRow, revision: int) -> None:
    """Let a study be at a revision."""
    connection.execute(update(studies).where(studies.c.id == study.id).values(revision=revision))


def insert_measurements(connection: Connection, study: AnyRow, measured: Sequence[Numbered]) -> None:
    """Store what was measured; see `insert_at` for the error."""
    known = metric_ids(connection, study.id)
    try:
        added = [row for number, each in measured for row in rows.measurement_rows(each, number, known)]
    except KeyError as err:
        raise UnknownMetricError(f"study {study.name!r} has no metric {err}: it records {', '.join(known)}") from err
    _INSERT_MEASUREMENTS.run_each(connection, added)


def numbered(
    connection: Connection, study_id: int, after: int, until: int | None = None, at_once: int = READ
) -> Generator[list[Numbered]]:
    """The observations that came after a revision, in the order in which they were stored, in chunks.

    Args:
        until: the last revision wanted; default the newest.
        at_once: observations in a chunk, at most `CHUNK`.
    """
    statement = (
        select(observations)
        .where(observations.c.study_id == study_id, observations.c.revision > after)
        .order_by(observations.c.revision, observations.c.id)
        .execution_options(yield_per=at_once)
    )
    if until is not None:
        statement = statement.where(observations.c.revision <= until)
    with connection.execute(statement) as found:
        for partition in found.partitions():
            yield _read(connection, partition)


def last_id(connection: Connection, study_id: int, until: int) -> str:
    """See `ObservationStore.last_observation`."""
    c = observations.c
    statement = select(c.observation_id).where(c.study_id == study_id, c.revision <= until, ~c.retracted)
    return connection.scalar(statement.order_by(c.revision.desc(), c.id.desc()).limit(1)) or ""


def newest(
    connection: Connection, study_id: int, wanted: ObservationFilter, cursor: int | None
) -> Generator[list[Numbered]]:
    """Observations by descending number, in chunks: with all that fit, unless `as_of` is asked for, when it can leave
    none out that did fit then.

    Args:
        cursor: only those with a lower number.
    """
    c = observations.c
    statement = select(observations).where(c.study_id == study_id)
    if wanted.as_of is not None:
        statement = statement.where(c.revision <= wanted.as_of)
    else:
        conditions = {
            c.architecture_id: wanted.architecture_id,
            c.worker: wanted.worker,
            c.status: wanted.status,
            c.retracted: wanted.retracted,
        }
        statement = statement.where(*(column == value for column, value in conditions.items() if value is not None))
    if cursor is not None:
        statement = statement.where(c.id < cursor)
    ordered = statement.order_by(c.id.desc()).execution_options(yield_per=CHUNK)
    with connection.execute(ordered) as found:
        for partition in found.partitions():
            yield _read(connection, partition)


def outcomes(
    connection: Connection, study_id: int, after: int, until: int, share: Callable[[Mapping[str, Scalar]], float]
) -> Iterator[tuple[str, Outcome]]:
    """See `ObservationStore.outcomes`.

    Args:
        share: see `Study.share`.
    """
    m = measurements.c
    statement = (
        select(
            metrics.c.name,
            observations.c.fidelity,
            observations.c.revision,
            m.value,
            m.expected_score,
            m.expected_lower,
            m.expected_upper,
            m.expected_nearest,
            m.expected_known,
        )
        .select_from(observations)
        .join(measurements, m.observation_id == observations.c.id)
        .join(metrics, m.metric_id == metrics.c.id)
        .where(
            observations.c.study_id == study_id,
            observations.c.revision > after,
            observations.c.revision <= until,
            ~observations.c.retracted,
            observations.c.status == Status.COMPLETED,
            m.expected_known.is_not(None),
        )
        .order_by(observations.c.revision, observations.c.id)
        .execution_options(yield_per=CHUNK)
    )
    with connection.execute(statement) as found:
        for metric, fidelity, *outcome in found:
            yield metric, Outcome(*outcome)._replace(share=share(fidelity))


def trainings(
    connection: Connection, study_id: int, after: int, until: int, share: Callable[[Mapping[str, Scalar]], float]
) -> Iterator[Training]:
    """See `ObservationStore.trainings`; a row for each measurement, and for each training that has none.

    Args:
        share: see `Study.share`.
    """
    o, m = observations.c, measurements.c
    statement = (
        select(
            o.id,
            o.revision,
            o.observed_at,
            o.architecture_id,
            o.worker,
            o.status,
            o.fidelity,
            metrics.c.name,
            m.value,
        )
        .select_from(observations)
        .outerjoin(measurements, m.observation_id == o.id)
        .outerjoin(metrics, m.metric_id == metrics.c.id)
        .where(o.study_id == study_id, o.revision > after, o.revision <= until, ~o.retracted)
        .order_by(o.revision, o.id)
        .execution_options(yield_per=CHUNK)
    )
    with connection.execute(statement) as found:
        for _, rows_of_one in groupby(found, key=itemgetter(0)):
            first, *others = rows_of_one
            _, revision, observed_at, architecture_id, worker, status, fidelity, _, _ = first
            values = {metric: value for *_, metric, value in (first, *others) if metric is not None}
            yield Training(revision, observed_at, architecture_id, worker, Status(status), share(fidelity), values)


def _read(connection: Connection, observation_rows: Sequence[AnyRow]) -> list[Numbered]:
    """The observations of at most `CHUNK` rows."""
    if not observation_rows:
        return []
    measured: dict[int, dict[str, float]] = {row.id: {} for row in observation_rows}
    expected: dict[int, dict[str, Expectation]] = {row.id: {} for row in observation_rows}
    columns = [measurements.c[name] for name in rows.EXPECTED_COLUMNS]
    statement = (
        select(measurements.c.observation_id, metrics.c.name, measurements.c.value, *columns)
        .join(metrics)
        .where(measurements.c.observation_id.in_(measured))
    )
    for number, name, value, *before in connection.execute(statement):
        measured[number][name] = value
        if (expectation := rows.expectation(before)) is not None:
            expected[number][name] = expectation
    return [(row.id, rows.observation(row, measured[row.id], expected[row.id])) for row in observation_rows]


def _stored(connection: Connection, study_id: int, ids: Iterable[str]) -> Iterator[str]:
    """Which of the observations the study holds: of new ones none, which is soon said."""
    for chunk in _chunks(ids):
        n, statement = next((n, statement) for n, statement in _STORED.items() if n >= len(chunk))
        more = repeat(chunk[0], n - len(chunk))
        yield from statement.run(connection, study_id, *chunk, *more).scalars().all()


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
