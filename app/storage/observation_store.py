"""Search spaces, studies and observations in a relational database."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.domain.correction import Corrected, Correction, History
from app.domain.errors import EmproxError, ObservationNotFoundError, UncertainStoreError
from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.domain.suggestion import Suggestion
from app.predictor.ports import EncoderTarget
from app.predictor.snapshot import Fit
from app.predictor.store import (
    Appended,
    ObservationFilter,
    Outcome,
    Page,
    SpaceRecord,
    StudyIdentity,
    StudyRecord,
    StudyVersion,
    Training,
)
from app.storage import (
    appending,
    correction_rows,
    fit_rows,
    history_rows,
    observation_rows,
    space_rows,
    study_rows,
    suggestion_rows,
    taken_over,
)
from app.storage.failures import as_store_errors, was_in_the_way
from app.storage.schema import touch

P = ParamSpec("P")
T = TypeVar("T")

_ATTEMPTS = 5
_PAUSE_SECONDS = 0.02


class SqlObservationStore:
    """An `ObservationStore` over a migrated database; every method raises StoreError where the database fails.

    Writers take turns; readers run beside them. What another process was in the way of is tried again.

    Args:
        engine: its transactions read one snapshot; those of connections with the execution option `writes` are
            ready to write from the start.
        release: called by `close`.
        written: called after each commit.

    Attributes:
        engine: what was given; for what else is in the database.
    """

    def __init__(self, engine: Engine, release: Callable[[], None], written: Callable[[], None] = lambda: None) -> None:
        self.engine = engine
        self._write_lock = threading.Lock()
        self._release = release
        self._written = written

    def declare_space(self, name: str, declaration: str) -> bool:
        """See `ObservationStore.declare_space`."""
        return self._write(space_rows.declare_space, name, declaration)

    def spaces(self) -> list[SpaceRecord]:
        """See `ObservationStore.spaces`."""
        with self._reading() as connection:
            return space_rows.space_records(connection)

    def declare(self, study: Study) -> bool:
        """See `ObservationStore.declare`."""
        return self._write(study_rows.declare, study)

    def add_metric(self, study: str, metric: Metric) -> bool:
        """See `ObservationStore.add_metric`."""
        return self._write(study_rows.add_metric, study, metric)

    def set_target(self, study: str, target: EncoderTarget | None) -> None:
        """See `ObservationStore.set_target`."""
        self._write(study_rows.set_target, study, target)

    def set_encoder(self, study: str, encoder: str | None) -> None:
        """See `ObservationStore.set_encoder`."""
        self._write(study_rows.set_encoder, study, encoder)

    def delete(self, study: str) -> None:
        """See `ObservationStore.delete`."""
        self._write(study_rows.delete_study, study)

    def studies(self) -> list[StudyRecord]:
        """See `ObservationStore.studies`."""
        with self._reading() as connection:
            return study_rows.study_records(connection)

    def study(self, name: str) -> StudyRecord:
        """See `ObservationStore.study`."""
        with self._reading() as connection:
            return study_rows.study_record(connection, name)

    def versions(self) -> list[StudyVersion]:
        """See `ObservationStore.versions`."""
        with self._reading() as connection:
            return study_rows.study_versions(connection)

    def version(self, name: str) -> StudyVersion:
        """See `ObservationStore.version`."""
        with self._reading() as connection:
            return study_rows.study_version(connection, name)

    def append(self, study: str, observations: Sequence[Observation]) -> Appended:
        """See `ObservationStore.append`."""
        (appended,) = self.append_each([(study, observations)])
        if not isinstance(appended, Appended):
            raise appended
        return appended

    def append_each(
        self, batches: Sequence[tuple[str, Sequence[Observation]]], checked: Sequence[StudyIdentity] | None = None
    ) -> list[Appended | EmproxError]:
        """See `ObservationStore.append_each`."""
        return self._write(appending.append_each, batches, checked)

    def correct(self, study: str, corrections: Sequence[Correction]) -> Appended:
        """See `ObservationStore.correct`."""
        return self._write(correction_rows.correct, study, corrections)

    def corrections(self, study: str, observation_id: str | None = None) -> Iterator[Corrected]:
        """See `ObservationStore.corrections`."""
        with self._reading() as connection:
            yield from correction_rows.audit_log(connection, study, observation_id)

    def observations(
        self, study: str, after: int = 0, as_of: int | None = None, *, retracted: bool = False
    ) -> Iterator[Observation]:
        """See `ObservationStore.observations`. The study is looked up at once, the rest as it is read.

        All of them come from one snapshot, which is let go with the iterator.
        """
        with self._reading() as connection:
            study_id = study_rows.study_row(connection, study).id
        return self._stream(study_id, after, as_of, retracted)

    def histories(
        self, study: str, as_of: int | None = None, after: int = 0, at_once: int = observation_rows.READ
    ) -> Iterator[History]:
        """See `ObservationStore.histories`; looked up and read like `observations`.

        Args:
            at_once: observations read together; more take less time, and hold up what runs beside.
        """
        with self._reading() as connection:
            study_id = study_rows.study_row(connection, study).id
        return self._histories(study_id, as_of, after, at_once)

    def restore(self, study: str, histories: Sequence[History], after: int) -> Appended:
        """See `ObservationStore.restore`.

        Raises:
            UnknownMetricError: an observation has a metric that the study does not record.
        """
        return self._write(history_rows.restore, study, histories, after)

    def take_space(self, space: SpaceRecord) -> None:
        """Declare a search space as another store has it, with its time.

        Raises:
            SpaceConflictError: as `declare_space` says.
        """
        self._write(taken_over.take_space, space)

    def take_study(self, study: StudyRecord) -> None:
        """Declare a study as another store has it, or bring what is declared up to date; its revision stays."""
        self._write(taken_over.take_study, study)

    def finish_study(self, study: str, revision: int, suggestions: Sequence[Suggestion]) -> None:
        """Let a study whose observations were restored be at a revision, with these suggestions and no others."""
        self._write(taken_over.finish_study, study, revision, suggestions)

    def analyze(self) -> None:
        """Let PostgreSQL see how many rows there are by now; it does so by itself only after a minute.

        Until then it looks new ids up by going through the whole study: 100,000 took 110 s longer to restore.
        """
        self._write(taken_over.analyze)

    def observation(self, study: str, observation_id: str) -> Observation:
        """See `ObservationStore.observation`."""
        with self._reading() as connection:
            study_id = study_rows.study_row(connection, study).id
            found = observation_rows.find(connection, study_id, [observation_id])
        if not found:
            raise ObservationNotFoundError(f"study {study!r} has no observation {observation_id[:80]!r}", {})
        return found[observation_id][1]

    def page(self, study: str, wanted: ObservationFilter, cursor: int | None, limit: int) -> Page:
        """See `ObservationStore.page`; a cursor is the number of the last row of the page before."""
        with self._reading() as connection:
            study_id = study_rows.study_row(connection, study).id
            chunks = observation_rows.newest(connection, study_id, wanted, cursor)
            if wanted.as_of is not None:
                chunks = correction_rows.as_of(connection, study_id, wanted.as_of, chunks)
            with closing(chunks):
                fitting = ((number, each) for chunk in chunks for number, each in chunk if wanted.takes(each))
                # One more than wanted tells whether there is another page.
                found = list(islice(fitting, limit + 1))
        return Page([each for _, each in found[:limit]], found[limit - 1][0] if len(found) > limit else None)

    def last_observation(self, study: str, until: int) -> str:
        """See `ObservationStore.last_observation`."""
        with self._reading() as connection:
            return observation_rows.last_id(connection, study_rows.study_row(connection, study).id, until)

    def suggestions(self, study: str) -> list[Suggestion]:
        """See `ObservationStore.suggestions`."""
        with self._reading() as connection:
            return suggestion_rows.read(connection, study_rows.study_row(connection, study).id)

    def suggest(
        self,
        study: str,
        suggestions: Sequence[Suggestion],
        settled: Sequence[str],
        known: Collection[str] | None = None,
    ) -> bool:
        """See `ObservationStore.suggest`."""
        return self._write(suggestion_rows.replace, study, suggestions, settled, known)

    def fit(self, fit: Fit) -> str | None:
        """The scales of a fit, as they were kept."""
        with self._reading() as connection:
            return fit_rows.find(connection, fit)

    def keep_fit(self, fit: Fit, scales: str) -> None:
        """Keep the scales of a fit for other servers."""
        self._write(fit_rows.keep, fit, scales)

    def outcomes(self, study: str, after: int, until: int) -> Iterator[tuple[str, Outcome]]:
        """See `ObservationStore.outcomes`."""
        with self._reading() as connection:
            study_id = study_rows.study_row(connection, study).id
            share = study_rows.study_version(connection, study).study.share
            yield from observation_rows.outcomes(connection, study_id, after, until, share)

    def trainings(self, study: str, after: int, until: int) -> Iterator[Training]:
        """See `ObservationStore.trainings`."""
        with self._reading() as connection:
            study_id = study_rows.study_row(connection, study).id
            share = study_rows.study_version(connection, study).study.share
            yield from observation_rows.trainings(connection, study_id, after, until, share)

    def check_writable(self) -> None:
        """See `ObservationStore.check_writable`."""
        self._write(touch)

    def close(self) -> None:
        """See `ObservationStore.close`. Waits for a write that is under way."""
        with self._write_lock:
            self._release()

    def _stream(self, study_id: int, after: int, as_of: int | None, retracted: bool) -> Iterator[Observation]:
        with self._reading() as connection:
            chunks = observation_rows.numbered(connection, study_id, after, as_of)
            if as_of is not None:
                chunks = correction_rows.as_of(connection, study_id, as_of, chunks)
            with closing(chunks):
                for chunk in chunks:
                    yield from (each for _, each in chunk if retracted or not each.retracted)

    def _histories(self, study_id: int, as_of: int | None, after: int, at_once: int) -> Iterator[History]:
        with self._reading() as connection:
            yield from history_rows.histories(connection, study_id, as_of, after, at_once)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with as_store_errors("the database cannot be read"), self.engine.connect() as connection:
            yield connection

    def _write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What work in a transaction of its own returns, once that is committed.

        It is done again where only another process was in the way.
        """
        engine = self.engine.execution_options(writes=True)
        with as_store_errors("the database cannot be written, nothing was stored"), self._write_lock:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    with engine.connect() as connection:
                        found = work(connection, *args, **kwargs)
                        _commit(connection)
                except DBAPIError as err:
                    if attempt == _ATTEMPTS or not was_in_the_way(err):
                        raise
                    time.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311  # nosec B311
                else:
                    self._written()
                    return found
        raise AssertionError("unreachable")


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except DBAPIError as err:
        if err.connection_invalidated:
            raise UncertainStoreError(
                "the database was lost while it wrote, and may have done it: send the same again, with its "
                "observation_id"
            ) from err
        raise
