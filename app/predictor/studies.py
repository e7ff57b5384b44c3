"""All studies in memory, and what can be asked of them."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import compress

from app.domain.architecture import Notation
from app.domain.correction import Correction
from app.domain.errors import (
    InvalidCorrectionsError,
    InvalidObservationsError,
    NotReadyError,
    RevisionNotReachedError,
    UnknownSpaceError,
    UnknownStudyError,
)
from app.domain.observation import Observation
from app.domain.study import Study
from app.predictor import answering
from app.predictor.encoding import Encoded, Encoding
from app.predictor.known_points import NewIndex
from app.predictor.loading import embeddings_of, load_study, samples, warm_up
from app.predictor.pending import Pending
from app.predictor.preparing import Prepared, prepare
from app.predictor.proxies import with_proxies
from app.predictor.requests import Description, NewCorrection, NewObservation, PredictionAnswer, PredictionQuery
from app.predictor.snapshot import StudyCache
from app.predictor.store import Appended, ObservationStore
from app.predictor.study_state import StudyState
from app.predictor.timings import timed

_log = logging.getLogger(__name__)

_TOLD_EVERY = 50_000  # observations


class _Progress:
    """Logs how far a study is read that takes minutes, as a million observations do without a snapshot."""

    def __init__(self, study: str) -> None:
        self._study, self._told = study, 0

    def __call__(self, n: int) -> None:
        if n >= self._told + _TOLD_EVERY:
            self._told = n
            _log.info("study is being read study=%s observations=%d", self._study, n)


class Studies:
    """The studies in memory. Belongs to one thread at a time.

    Args:
        encodings: by search space. The attribute is replaced as a whole, so that any thread may read it.
        pending: the suggestions of each study.
        check_store: where other servers declare studies as well, and one that is not known is looked for: raises where
            the store does not answer, which all that asks would wait for.
    """

    def __init__(
        self,
        store: ObservationStore,
        encodings: Mapping[str, Encoding],
        cache: StudyCache,
        new_index: NewIndex,
        check_store: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._check_store = check_store
        self.encodings = dict(encodings)
        self._cache = cache
        self._new_index = new_index
        self._states: dict[str, StudyState] = {}
        self._to_reload: dict[str, tuple[Study, Encoding]] = {}
        self.pending: dict[str, Pending] = {}

    def describe_all(self) -> list[Description]:
        """All studies at a glance, by name."""
        return [self.describe(name) for name in sorted({*self._states, *self._to_reload})]

    def encoding(self, space: str) -> Encoding:
        """How the architectures of a space are encoded.

        Raises:
            UnknownSpaceError: there is no such search space.
        """
        try:
            return self.encodings[space]
        except KeyError:
            known = ", ".join(sorted(self.encodings))
            raise UnknownSpaceError(f"search space {space[:80]!r} is not known: the spaces are {known}") from None

    def state(self, name: str) -> StudyState:
        """A study.

        Raises:
            UnknownStudyError: there is none of this name.
            NotReadyError: it was declared elsewhere, in a space that is not here yet; or that cannot be told.
            StoreError: it must be read, and cannot be.
        """
        if name in self._to_reload:
            self.load(*self._to_reload[name])
            del self._to_reload[name]
        if self._check_store and name not in self._states:
            self._check_store()
            self._find(name)
        try:
            return self._states[name]
        except KeyError:
            raise UnknownStudyError(f"there is no study {name[:80]!r}: declare it with PUT /studies/{{name}}") from None

    def _find(self, name: str) -> None:
        """Load a study that another server declared a moment ago, if one did."""
        with suppress(UnknownStudyError):
            study = self._store.study(name).study
            if study.space not in self.encodings:
                raise NotReadyError(f"search space {study.space!r} is being made ready here: try again in a moment")
            self.load(study)

    def load(self, study: Study, encoding: Encoding | None = None) -> None:
        """Read a study from the store, unless it is here already; by default as its space is encoded."""
        if study.name not in self._states:
            encoding = encoding or self.encoding(study.space)
            tell = _Progress(study.name)
            state = load_study(study.name, self._store, encoding, self._cache, self._new_index, tell)
            self._states[study.name] = state
            self.pending[study.name] = Pending(self._store.suggestions(study.name))
            _log.info("study loaded study=%s observations=%d", study.name, state.n_observations)

    def warm_up(self) -> None:
        """See `loading.warm_up`."""
        for state in self._states.values():
            warm_up(state)

    def samples(self) -> list[tuple[str, Notation]]:
        """Of a study of each search space, what it is and a few that were trained in it."""
        first = {state.study.space: state for state in self._states.values() if state.n_observations}
        return [(state.study.name, each) for state in first.values() for each in samples(state)]

    def reload(self, name: str) -> None:
        """Read a study from the store when it is next asked for."""
        if name in self._states:
            state = self._states[name]
            self._to_reload[name] = state.study, state.encoding
            del self._states[name]

    def in_memory(self, name: str) -> StudyState | None:
        """What a study is answered from, to be looked at and not to be asked. May be called on any thread."""
        return self._states.get(name)

    def all_in_memory(self) -> list[StudyState]:
        """What studies are answered from, but for those to be read again. May be called on any thread."""
        return list(self._states.values())

    def known(self, name: str) -> bool:
        """Whether there is such a study, in memory or to be read again. May be asked on any thread."""
        return name in self._states or name in self._to_reload

    def serves(self, state: StudyState) -> bool:
        """Whether a study is still answered from this. May be asked on any thread."""
        return self._states.get(state.study.name) is state

    def put(self, served: StudyState, state: StudyState) -> None:
        """Answer from this state, unless the study is answered from another by now than from the one that it is for."""
        if self.serves(served):
            self._states[state.study.name] = state

    def adopt(self, state: StudyState) -> None:
        """Answer a study that another server declared."""
        name = state.study.name
        if not self.known(name):
            self._states[name] = state
            self.pending[name] = Pending(self._store.suggestions(name))
            _log.info("study loaded study=%s observations=%d", name, state.n_observations)

    def take_over(self, state: StudyState) -> None:
        """Answer a study from this state, whatever it was answered from."""
        name = state.study.name
        if name in self._states or name in self._to_reload:
            self._states[name] = state
            self._to_reload.pop(name, None)
            self._cache.forget(name, but=state.encoding.encoder.checksum)

    def hold_revision(self, name: str) -> None:
        """See `StudyState.hold_revision`."""
        if name in self._states:
            self._states[name].hold_revision()

    def add_metric(self, study: Study, revision: int) -> None:
        """See `StudyState.add_metric`."""
        if study.name in self._states:
            self._states[study.name].add_metric(study, revision)

    def delete(self, name: str) -> None:
        """Forget a study."""
        self._states.pop(name, None)
        self.pending.pop(name, None)
        self._to_reload.pop(name, None)
        self._cache.forget(name)

    def serve(self, encoding: Encoding, states: Mapping[str, StudyState]) -> None:
        """Encode a space like this from now on; its studies are these."""
        self.encodings = {**self.encodings, encoding.space.name: encoding}
        for name, state in states.items():
            self._states[name] = state
            self._to_reload.pop(name, None)
            self._cache.forget(name, but=encoding.encoder.checksum)

    def save(self) -> None:
        """Keep what was computed across a restart."""
        for name, state in self._states.items():
            if snapshot := state.snapshot():
                self._cache.save(name, state.encoding.encoder.checksum, snapshot)

    def predict(self, query: PredictionQuery) -> PredictionAnswer:
        """Estimate candidates; see `Predictor.predict`."""
        state = self.state(query.study)
        recorded = [metric.name for metric in state.study.metrics]
        metrics = [state.study.metric(name).name for name in query.metrics or recorded]
        if state.revision < query.min_revision:
            raise RevisionNotReachedError(
                f"study {query.study!r} is at revision {state.revision}, not yet at {query.min_revision}"
            )
        encoded = with_proxies(state.encoding.encode(query.candidates), query.proxies, state.study)
        candidates = [each for each in encoded if isinstance(each, Encoded)]
        with timed("weights"):
            answer = answering.predict(state, candidates, metrics, query.weighting, query.k, query.neighbors)
        return PredictionAnswer(
            answer.revision,
            state.encoding.encoder.version,
            answer.k,
            answer.levels if state.study.fidelity else {},
            answer.predicted,
            {i: each for i, each in enumerate(encoded) if not isinstance(each, Encoded)},
        )

    def prepare(
        self, name: str, batches: Sequence[Sequence[NewObservation]]
    ) -> list[Prepared | InvalidObservationsError]:
        """See `preparing.prepare`."""
        return prepare(self.state(name), batches)

    def prepare_corrections(self, name: str, corrections: Sequence[NewCorrection]) -> list[Correction]:
        """Read the architectures of corrections.

        Raises:
            InvalidCorrectionsError: some are none.
        """
        notations = [each.notation for each in corrections if each.notation is not None]
        state = self.state(name)
        encoded = iter(state.encoding.encode(notations))
        found, errors = [], {}
        for i, each in enumerate(corrections):
            changes = dict(each.changes)
            if error := state.study.misnamed_fidelity(changes.get("fidelity", {})):
                errors[i] = error
            if each.notation is not None:
                architecture = next(encoded)
                if isinstance(architecture, Encoded):
                    changes |= {"notation": each.notation, "architecture_id": architecture.architecture_id}
                else:
                    errors[i] = str(architecture)
            found.append(Correction(each.observation_id, each.action, each.actor, each.reason, changes))
        if errors:
            told = f"{len(errors)} of {len(corrections)} corrections are invalid, and none was made"
            raise InvalidCorrectionsError(next(iter(errors.values())) if len(corrections) == 1 else told, errors)
        return found

    def follow(self, name: str, observations: Sequence[Observation], since: int, revision: int) -> bool:
        """Take in what other servers stored.

        Args:
            since: the revision that it came after.
            revision: of the study, with it.

        Returns:
            False, and nothing is taken in, where the study is not at that revision any more, or is being read again.
        """
        state = self._states.get(name)
        if state is None or state.revision != since or state.held:
            return False
        embeddings = embeddings_of(observations, state.encoding.embed, state.architectures)
        with self._trusted(state, revision):
            state.apply(observations, embeddings, revision)
        return True

    def is_next(self, name: str, stored: Sequence[tuple[Prepared, Appended]]) -> bool:
        """Whether batches that were stored come right after what is here, and nothing of other servers between."""
        state = self._states.get(name)
        if state is None or state.held:
            return False
        revision = state.revision
        for _, appended in stored:
            expected = revision + any(appended.created)  # a retry brings nothing, and tells of what is there
            if appended.revision > expected:
                return False
            revision = max(revision, appended.revision)
        return True

    def apply(self, name: str, stored: Sequence[tuple[Prepared, Appended]]) -> None:
        """Take in batches that were stored, in the order of their revisions."""
        state = self.state(name)
        # Others brought nothing new, or the study was read from the store after they were stored.
        batches = [(prepared, appended) for prepared, appended in stored if appended.revision > state.revision]
        if not batches:
            return
        revision = batches[-1][1].revision
        new = [each for prepared, appended in batches for each in compress(prepared.observations, appended.created)]
        embeddings = {key: row for prepared, _ in batches for key, row in prepared.embeddings.items()}
        with self._trusted(state, revision):
            state.apply(new, embeddings, revision)

    @contextmanager
    def _trusted(self, state: StudyState, revision: int) -> Iterator[None]:
        """Within it a study takes in what is stored; where that fails, memory cannot be trusted, and the store can."""
        try:
            yield
        except Exception:  # noqa: BLE001  # stored but half counted
            name = state.study.name
            _log.exception("study is read again from the store study=%s revision=%d", name, revision)
            self.reload(name)
            self.state(name)

    def settle(self, name: str) -> None:
        """Do now what the next answer of a study would have to wait for, if it is in memory."""
        if name in self._states:
            self._states[name].settle()

    def describe(self, name: str) -> Description:
        """A study at a glance."""
        state = self.state(name)
        best = {metric.name: state.models[metric.name].best(metric.direction) for metric in state.study.metrics}
        return Description(
            study=state.study,
            revision=state.revision,
            n_observations=state.n_observations,
            created_at=state.created_at,
            encoder=state.encoding.encoder.version,
            encoder_kind=state.encoding.encoder.kind,
            architectures={metric: len(model) for metric, model in state.models.items()},
            best={
                metric: (state.architectures.id(found[0]), found[1])
                for metric, found in best.items()
                if found is not None
            },
            fitted={metric: n for metric, (n, _) in state.fitted.items()},
            n_failed=state.n_failed,
            n_retracted=state.n_retracted,
            calibration={name: each.factor for name, each in state.calibrations.items()},
            per_level={metric: model.per_level for metric, model in state.models.items()}
            if state.study.fidelity
            else {},
        )
