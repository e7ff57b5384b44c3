"""The use cases: what can be asked of the service."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from app.domain.architecture import Notation
from app.domain.errors import NotReadyError
from app.domain.remembering import remembered
from app.domain.study import Metric, Study
from app.predictor.corrections import Corrections
from app.predictor.encoder_switch import EncoderSwitches
from app.predictor.encoding import Encoding
from app.predictor.fitting import Fitting
from app.predictor.following import Following
from app.predictor.known_points import NewIndex
from app.predictor.lane import Lanes, finished
from app.predictor.observing import Observing
from app.predictor.ports import Alone, Encoders, Shared
from app.predictor.predicting import Predicting
from app.predictor.records import Records
from app.predictor.requests import (
    Description,
    NewObservation,
    ObservationAnswer,
    PredictionAnswer,
    PredictionQuery,
)
from app.predictor.rereading import Rereading
from app.predictor.snapshot import StudyCache
from app.predictor.space_loader import SpaceLoader
from app.predictor.spaces import Spaces
from app.predictor.store import ObservationStore
from app.predictor.studies import Studies
from app.predictor.suggestions import Suggestions
from app.predictor.timings import Timings
from app.predictor.views import Views
from app.predictor.vitals import Vitals, encodings_in_use, study_vitals
from app.predictor.write_health import WriteHealth


class Predictor:
    """Observes what was trained and predicts what was not.

    Args:
        encodings: by search space.
        encoders: of spaces that are declared later.
        queue_limit: requests that wait at most on one thread, and that are storing at most; further ones are refused.
        shared: how the servers are told of each other that share the store; None for a store of this one alone.
    """

    def __init__(
        self,
        store: ObservationStore,
        encodings: Mapping[str, Encoding],
        encoders: Encoders,
        cache: StudyCache,
        new_index: NewIndex,
        queue_limit: int = 64,
        shared: Shared | None = None,
    ) -> None:
        self._store = store
        self._studies = Studies(store, encodings, cache, new_index, self._check_store if shared else None)
        self._lanes = Lanes.of(queue_limit)
        self.write_health = WriteHealth()
        self._fitting = Fitting(self._studies, cache, self._lanes)
        self._predicting = Predicting(self._studies, self._lanes.numbers, queue_limit)
        loader = SpaceLoader(store, encoders, cache, new_index)
        self.spaces = Spaces(store, loader, self._studies, self._lanes, self._fitting)
        self.encoders = EncoderSwitches(
            store,
            encoders,
            loader,
            self._studies,
            self._lanes,
            self._fitting,
            self.write_health,
            shared.leases if shared else Alone(),
        )
        self.suggestions = Suggestions(store, self._studies, self._lanes, self.write_health, shared=shared is not None)
        self.views = Views(store, self._studies, self._lanes)
        self.records = Records(store, self._lanes)
        rereading = Rereading(
            store, self._studies, cache, new_index, self._lanes, self._fitting, self.encoders.of_study
        )
        self._rereading = rereading
        self.corrections = Corrections(store, self._studies, self._lanes, rereading, self.write_health)
        self.following = (
            Following(
                store,
                self._studies,
                self._lanes,
                self._fitting,
                self.spaces,
                self.encoders,
                rereading,
                self.write_health,
                shared.changes,
            )
            if shared
            else None
        )
        self._observing = Observing(
            store,
            self._studies,
            self._lanes,
            self._fitting,
            self.write_health,
            queue_limit,
            self.following.catch_up if self.following else None,
        )

    def load(self) -> None:
        """Read every study from the store; until then, none is known. Blocks."""
        for record in self._store.studies():
            encoding = self.encoders.of_study(record)
            self._lanes.numbers.submit(self._studies.load, record.study, encoding).result()
        self.encoders.go_on()
        if self.following:
            self.following.start()

    def warm_up(self) -> None:
        """Do what the first requests would have to wait for. Blocks."""
        self._lanes.numbers.submit(self._studies.warm_up).result()

    def samples(self) -> list[tuple[str, Notation]]:
        """Studies, and a few that were trained in each; to be asked for, as clients will. Blocks."""
        return self._lanes.numbers.submit(self._studies.samples).result()

    def forget_times(self) -> None:
        """Tell nothing of the estimates so far, for which no client asked."""
        self._predicting.timings = Timings()

    def close(self) -> None:
        """Finish what was begun, keep what was computed, and release the store. Blocks."""
        self._observing.close()
        if self.following:
            self.following.close()
        self.spaces.close()
        self.encoders.close()
        self._fitting.close()
        self._lanes.close()
        self._studies.save()
        self._store.close()

    def vitals(self) -> Vitals:
        """How it fares, also before it is loaded. On any thread."""
        return Vitals(
            waiting=[
                self._predicting.waiting,
                self._observing.waiting,
                *self._lanes.waiting,
                self.encoders.waiting,
            ],
            remembered=list(remembered()),
            encodings=encodings_in_use(self._studies),
            studies=study_vitals(self._studies),
            timings={"predict": self._predicting.timings, "observe": self._observing.timings},
            commits=self._observing.commits,
            lag=self.following.lag if self.following else None,
        )

    async def declare(self, study: Study) -> bool:
        """Make a study; true if it is new, false if it was there with the same declaration.

        Raises:
            UnknownSpaceError: there is no such search space.
            StudyConflictError: the name is taken by another declaration.
        """
        if self.following and study.space not in self._studies.encodings:
            await self.following.look_for_space(study.space)
        self._studies.encoding(study.space)
        created = await self._lanes.writes.run(self._store.declare, study)
        await finished(self._lanes.numbers.submit(self._studies.load, study))  # it is stored, so it must be known
        return created

    async def add_metric(self, name: str, metric: Metric) -> bool:
        """Let a study record another metric; true if it is new, false if it was there with the same declaration.

        Raises:
            UnknownStudyError: there is no such study.
            StudyConflictError: the name is taken by another declaration.
            InvalidStudyError: the declaration breaks a rule, or there are too many.
        """
        created, applied = await self._lanes.writes.run(self._add_metric, name, metric)
        if applied:
            await finished(applied)
        return created

    async def delete(self, name: str) -> None:
        """Remove a study with all that was observed; returns when it is gone.

        Raises:
            UnknownStudyError: there is no such study.
        """
        await finished(await self._lanes.writes.run(self._delete, name))

    async def describe(self, name: str) -> Description:
        """A study at a glance.

        Raises:
            UnknownStudyError: there is none of this name.
        """
        return await self._lanes.numbers.run(self._studies.describe, name)

    async def describe_all(self) -> list[Description]:
        """All studies at a glance, by name."""
        return await self._lanes.numbers.run(self._studies.describe_all)

    async def predict(self, query: PredictionQuery) -> PredictionAnswer:
        """Estimate candidates; one that is no architecture gets an error in its place.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
            NoObservationsError: nothing was observed yet.
            RevisionNotReachedError: the study is older than asked for; where servers share the store, still so after a
                moment.
            OverloadedError: too much waits.
        """
        if self.following and query.min_revision:
            await self.following.reached(query.study, query.min_revision)
        return await self._predicting.predict(query)

    def check(self) -> None:
        """Pass where answers can be given and kept.

        Raises:
            NotReadyError: the last write failed, or the store that is shared does not answer.
        """
        if error := self.write_health.error:
            raise NotReadyError(f"the last observation could not be stored: {error}")
        self._check_store()

    def check_room_to_predict(self) -> None:
        """Pass when a query that came now would be taken.

        Raises:
            OverloadedError: too much waits.
        """
        self._predicting.check_room()

    def check_room_to_observe(self) -> None:
        """Pass when observations that came now would be taken.

        Raises:
            OverloadedError: too much waits.
        """
        self._observing.check_room()

    async def observe(self, name: str, observations: Sequence[NewObservation]) -> ObservationAnswer:
        """Store trained architectures; returns when they are durable and count.

        Raises:
            UnknownStudyError: there is no such study.
            InvalidObservationsError: some are wrong; none was stored.
            ObservationConflictError: an id is taken by another content; none was stored.
            OverloadedError: too much waits; none was stored.
            StoreError: they could not be written; none was stored.
        """
        return await self._observing.observe(name, observations)

    def _check_store(self) -> None:
        if self.following:
            self.following.check()

    def _add_metric(self, name: str, metric: Metric) -> tuple[bool, "Future[None] | None"]:
        with self.write_health.watched():
            if not self._store.add_metric(name, metric):
                return False, None
            record = self._store.study(name)
        if self.following:  # between, there may be what others stored
            return True, self.following.catch_up(name, record.revision)
        failed = self._lanes.numbers.submit(self._studies.state, name).result().n_failed
        counts_already = failed and metric.failure_value is not None
        if counts_already:
            self._lanes.numbers.submit(self._studies.hold_revision, name)
        applied = self._lanes.numbers.submit(self._studies.add_metric, record.study, record.revision)
        # Trainings that failed before count as the metric says: what a restart would read.
        return True, self._rereading.reread(name) if counts_already else applied

    def _delete(self, name: str) -> "Future[None]":
        with self.write_health.watched():
            self._store.delete(name)
        self.encoders.forget(name)
        return self._lanes.numbers.submit(self._studies.delete, name)
