"""The use cases, and who does what on which thread.

    numbers     parses, embeds, estimates and takes observations in; owns the studies in memory
    writes      commits to the store, one change after the other
    fits        fits scales as studies grow, and makes the encoders of declared spaces, for as long as that takes

A committed batch goes from `writes` to `numbers` before the next one is committed, so that the studies in memory
follow the order of revisions. The caller hears of it after both, and its next prediction counts it.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from app.domain.errors import EmproxError, SpaceNotFoundError, StoreError
from app.domain.study import Study
from app.predictor.encoding import Encoding
from app.predictor.lane import Lane, finished
from app.predictor.metric_model import MetricModel, NewIndex
from app.predictor.observation_log import ObservationLog
from app.predictor.ports import Appended, Encoders, ObservationStore, StudyCache
from app.predictor.requests import (
    Description,
    NewObservation,
    ObservationAnswer,
    PredictionAnswer,
    PredictionQuery,
    SpaceDescription,
    Stored,
)
from app.predictor.space_loader import SpaceLoader
from app.predictor.studies import Prepared, Studies
from app.predictor.study_state import StudyState
from app.proximity.scales import ColumnGroups

_log = logging.getLogger(__name__)


class Predictor:
    """Observes what was trained and predicts what was not.

    Args:
        encodings: by search space.
        encoders: of spaces that are declared later.
        queue_limit: requests that wait at most on one thread; further ones are refused.
    """

    def __init__(
        self,
        store: ObservationStore,
        encodings: Mapping[str, Encoding],
        encoders: Encoders,
        cache: StudyCache,
        new_index: NewIndex,
        queue_limit: int = 64,
    ) -> None:
        self._store = store
        self._cache = cache
        self._new_index = new_index
        self._studies = Studies(store, encodings, cache, new_index)
        self._spaces = SpaceLoader(store, encoders, cache, new_index)
        self._fitting: set[tuple[str, str]] = set()
        self._refused: dict[str, str] = {}
        self._closing = False
        self._numbers = Lane("numbers", queue_limit)
        self._writes = Lane("writes", queue_limit)
        self._fits = Lane("fits", queue_limit)
        self.write_error: str | None = None

    def load(self) -> None:
        """Read every study from the store; until then, none is known. Blocks."""
        for record in self._store.studies():
            self._numbers.submit(self._studies.load, record.study).result()

    def close(self) -> None:
        """Finish what was begun, keep what was computed, and release the store. Blocks."""
        self._closing = True
        self._writes.close()
        self._fits.close()
        self._numbers.close()
        self._studies.save()
        self._store.close()

    def describe_spaces(self) -> list[SpaceDescription]:
        """All search spaces, by name."""
        return [_described(self._studies.encodings[name]) for name in sorted(self._studies.encodings)]

    def describe_space(self, name: str) -> SpaceDescription:
        """One search space.

        Raises:
            SpaceNotFoundError: there is none of this name.
        """
        if name not in self._studies.encodings:
            raise SpaceNotFoundError(f"there is no search space {name[:80]!r}: declare it with PUT /spaces/{{name}}")
        return _described(self._studies.encodings[name])

    async def declare_space(self, name: str, declaration: object) -> bool:
        """Make a search space whose studies can answer at once; true if it is new, false if it was there.

        A space without observations may be declared otherwise.

        Args:
            declaration: a JSON object that nobody has checked.

        Raises:
            InvalidSpaceError: the declaration or the name breaks a rule.
            SpaceConflictError: the space comes with the program, or is declared otherwise and in use.
            CheckpointError: there is an encoder for it that cannot be used.
            OverloadedError: too much waits.
            StoreError: it could not be written.
        """
        serving = self._studies.encodings.get(name)
        encoding = await self._fits.run(self._spaces.declared, name, declaration, serving)
        return encoding is not None and await self._writes.run(self._commit_space, encoding)

    async def refresh_encoders(self) -> None:
        """Serve encoders that came since, one space after the other; returns when they serve.

        Until then the old ones do. One that cannot be used is logged, and its space keeps the one that it has.
        """
        for serving in list(self._studies.encodings.values()):
            swap = await finished(self._fits.submit(self._load_encoder, serving))
            if swap:
                await finished(swap)

    async def declare(self, study: Study) -> bool:
        """Make a study; true if it is new, false if it was there with the same declaration.

        Raises:
            UnknownSpaceError: there is no such search space.
            StudyConflictError: the name is taken by another declaration.
        """
        self._studies.encoding(study.space)
        created = await self._writes.run(self._store.declare, study)
        await finished(self._numbers.submit(self._studies.load, study))  # it is stored, so it must be known
        return created

    async def describe(self, name: str) -> Description:
        """A study at a glance.

        Raises:
            UnknownStudyError: there is none of this name.
        """
        return await self._numbers.run(self._studies.describe, name)

    async def describe_all(self) -> list[Description]:
        """All studies at a glance, by name."""
        return await self._numbers.run(self._studies.describe_all)

    async def predict(self, query: PredictionQuery) -> PredictionAnswer:
        """Estimate candidates; one that is no architecture gets an error in its place.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
            NoObservationsError: nothing was observed yet.
            RevisionNotReachedError: the study is older than asked for.
            OverloadedError: too much waits.
        """
        return await self._numbers.run(self._studies.predict, query)

    async def observe(self, name: str, observations: Sequence[NewObservation]) -> ObservationAnswer:
        """Store trained architectures; returns when they are durable and count.

        Raises:
            UnknownStudyError: there is no such study.
            InvalidObservationsError: some are wrong; none was stored.
            ObservationConflictError: an id is taken by another content; none was stored.
            OverloadedError: too much waits; none was stored.
            StoreError: they could not be written; none was stored.
        """
        prepared = await self._numbers.run(self._studies.prepare, name, observations)
        prepared, appended, applied = await self._writes.run(self._commit, name, observations, prepared)
        await finished(applied)
        stored = [
            Stored(observation.observation_id, observation.architecture_id, created, expected if created else None)
            for observation, created, expected in zip(
                prepared.observations, appended.created, prepared.expected, strict=True
            )
        ]
        return ObservationAnswer(appended.revision, stored)

    def _commit_space(self, encoding: Encoding) -> bool:
        name = encoding.space.name
        is_new = name not in self._studies.encodings
        assert encoding.declared  # noqa: S101  # it comes from a declaration
        if self._store.declare_space(name, encoding.declared.declaration):
            encoding.declared = next(record for record in self._store.spaces() if record.name == name)
            self._serve(encoding, {})
            _log.info("space declared space=%s encoder=%s", name, encoding.encoder.version)
        return is_new

    def _load_encoder(self, serving: Encoding) -> "Future[None] | None":
        name = serving.space.name
        try:
            encoding = self._spaces.superseding(serving)
            states = self._spaces.states(encoding) if encoding else {}
        except EmproxError as err:
            if self._refused.get(name) != str(err):  # said once, and not every few seconds
                _log.error("encoder not loaded, the old one serves space=%s: %s", name, err)
                self._refused[name] = str(err)
            return None
        self._refused.pop(name, None)
        return self._writes.submit(self._swap, serving, encoding, states) if encoding else None

    def _swap(self, serving: Encoding, encoding: Encoding, states: dict[str, StudyState]) -> None:
        name = serving.space.name
        if self._studies.encodings[name] is serving and not self._closing:  # or the space is declared otherwise by now
            self._serve(encoding, states)
            _log.info("encoder serves version=%s kind=%s", encoding.encoder.version, encoding.encoder.kind)

    def _serve(self, encoding: Encoding, states: dict[str, StudyState]) -> None:
        """Encode a space like this from now on; on the thread of writes, so that nothing is stored meanwhile."""
        self._spaces.catch_up(encoding, states)
        # Waited for, so that what is committed next is known to be embedded like this or not.
        self._numbers.submit(self._studies.serve, encoding, states).result()
        for name in states:
            self._numbers.submit(self._start_due_fits, name)

    def _commit(
        self, name: str, observations: Sequence[NewObservation], prepared: Prepared
    ) -> tuple[Prepared, Appended, "Future[None]"]:
        # Its space may have been declared otherwise, or have another encoder, since then.
        if self._studies.encodings[prepared.encoding.space.name] is not prepared.encoding:
            prepared = self._numbers.submit(self._studies.prepare, name, observations).result()
        try:
            appended = self._store.append(name, prepared.observations)
        except StoreError as err:
            self.write_error = str(err)
            raise
        self.write_error = None
        return prepared, appended, self._numbers.submit(self._apply, name, prepared, appended)

    def _apply(self, name: str, prepared: Prepared, appended: Appended) -> None:
        try:
            self._studies.apply(name, prepared, appended.created, appended.revision)
            if not self._closing:
                self._start_due_fits(name)
        except Exception:  # noqa: BLE001  # the batch is durable: an error here would make its worker send it again
            _log.exception("stored but not counted yet study=%s revision=%d", name, appended.revision)

    def _start_due_fits(self, name: str) -> None:
        state = self._studies.state(name)
        for metric, n in state.due_fits().items():
            if (name, metric) not in self._fitting:
                self._fitting.add((name, metric))
                model = state.models[metric]
                self._fits.submit(self._fit, name, metric, n, model.log, model.groups, state.encoding)

    def _fit(
        self, name: str, metric: str, n: int, log: ObservationLog, groups: ColumnGroups, encoding: Encoding
    ) -> None:
        try:
            model = MetricModel.of(log, groups, self._new_index, log.fit(n, groups))
        except Exception:  # noqa: BLE001  # estimates go on with the scales that they have
            _log.exception("scales not fitted study=%s metric=%s observations=%d", name, metric, n)
            self._numbers.submit(self._fitting.discard, (name, metric))
            return
        self._numbers.submit(self._replace, name, metric, n, model, encoding)

    def _replace(self, name: str, metric: str, n: int, model: MetricModel, encoding: Encoding) -> None:
        self._fitting.discard((name, metric))
        self._studies.replace(name, metric, n, model, encoding)
        if not self._closing:  # closing waits for the fits that were begun, begins none, and saves everything
            self._start_due_fits(name)
            state = self._studies.state(name)
            self._fits.submit(self._cache.save, name, state.encoding.encoder.checksum, state.cached())


def _described(encoding: Encoding) -> SpaceDescription:
    encoder = encoding.encoder
    return SpaceDescription(
        encoding.space.name, encoding.space.vocabulary, encoding.declared, encoder.version, encoder.kind
    )
