"""What to train next."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np

from app.domain.errors import (
    InvalidArchitectureError,
    NoObservationsError,
    NotReadyError,
    SuggestionExpiredError,
)
from app.domain.prediction import Prediction
from app.domain.suggestion import Origin, Suggestion
from app.predictor import answering
from app.predictor.choosing import Wish, choose, parents
from app.predictor.encoding import Encoded, Encoding
from app.predictor.generation import Candidate, Parents, generate
from app.predictor.lane import Lanes
from app.predictor.pending import Pending
from app.predictor.proxies import with_proxies
from app.predictor.requests import Suggested, SuggestionAnswer, SuggestionQuery
from app.predictor.store import ObservationStore
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState
from app.predictor.write_health import WriteHealth

_ATTEMPTS = 8
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a search begins: what was given, or what fresh candidates are made from."""

    encoding: Encoding
    wanted: int
    given: list[Candidate] | None
    invalid: dict[int, str]
    parents: Parents | None
    n_proxies: int


class Suggestions:
    """Suggests architectures that nobody has trained or is training, and remembers to whom.

    Args:
        shared: whether other servers suggest as well: what is pending is then read from the store each time.
    """

    def __init__(
        self, store: ObservationStore, studies: Studies, lanes: Lanes, health: WriteHealth, *, shared: bool = False
    ) -> None:
        self._store = store
        self._studies = studies
        self._lanes = lanes
        self._health = health
        self._shared = shared

    async def suggest(self, query: SuggestionQuery) -> SuggestionAnswer:
        """Suggest what to train next; returns when the promise, where one is made, is durable.

        Fewer than asked for where the candidates are fewer.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
            InvalidArchitectureError: all candidates that were given are wrong.
            OverloadedError: too much waits.
            NotReadyError: others suggest the same faster.
            StoreError: the promise could not be kept.
        """
        rng = np.random.default_rng(query.seed)
        for attempt in range(_ATTEMPTS):
            if answer := await self._suggested(query, rng):
                return answer
            await asyncio.sleep(_PAUSE_SECONDS * (attempt + 1))  # until this server knows what others stored
        raise NotReadyError(
            f"what study {query.study!r} could suggest is trained or suggested by others before this server hears of "
            "it: try again in a moment"
        )

    async def _suggested(self, query: SuggestionQuery, rng: np.random.Generator) -> SuggestionAnswer | None:
        """None where another server suggested the same first."""
        await self._look(query.study)
        chosen = None
        while chosen is None:
            start = await self._lanes.numbers.run(self._start, query, rng)
            candidates = start.given
            if candidates is None and start.wanted:
                candidates = await self._lanes.searches.run(
                    generate, start.encoding, start.parents, query.n_generated, start.n_proxies, rng
                )
            chosen = await self._lanes.numbers.run(self._choose, query, start, candidates or [], rng)
        answer, new, known = chosen
        if new and not await self._lanes.writes.run(self._keep, query.study, new, (), known):
            return None
        return answer

    async def pending(self, name: str) -> list[Suggestion]:
        """The suggestions of a study that are neither answered nor expired, oldest first.

        Raises:
            UnknownStudyError: there is no such study.
        """
        await self._look(name)
        return await self._lanes.numbers.run(self._open, name)

    async def renew(self, name: str, suggestion_id: str, expires_in: timedelta) -> Suggestion:
        """Give a worker more time.

        Raises:
            UnknownStudyError, SuggestionNotFoundError: there is no such thing.
            SuggestionExpiredError: it is too late.
        """
        await self._look(name)
        before, renewed = await self._lanes.numbers.run(self._renew, name, suggestion_id, expires_in)
        if not await self._lanes.writes.run(self._keep, name, [renewed], [before]):
            raise SuggestionExpiredError(
                f"suggestion {suggestion_id!r} has expired meanwhile, and its architecture was suggested to another "
                "worker: ask for another with POST /suggest"
            )
        return renewed

    async def give_back(self, name: str, suggestion_id: str) -> None:
        """A worker does not train what was suggested: it may be suggested again.

        Raises:
            UnknownStudyError, SuggestionNotFoundError: there is no such thing.
            SuggestionExpiredError: it was given back by time.
        """
        await self._look(name)
        before = await self._lanes.numbers.run(self._give_back, name, suggestion_id)
        await self._lanes.writes.run(self._keep, name, [], [before])

    async def _look(self, name: str) -> None:
        """Know what other servers suggested."""
        if self._shared and self._studies.known(name):
            pending = Pending(await self._lanes.reads.run(self._store.suggestions, name))
            self._studies.pending[name] = pending

    def _open(self, name: str) -> list[Suggestion]:
        state = self._studies.state(name)
        return self._studies.pending[name].open(datetime.now(UTC), state.answered)

    def _renew(self, name: str, suggestion_id: str, expires_in: timedelta) -> tuple[Suggestion, Suggestion]:
        self._studies.state(name)
        now = datetime.now(UTC)
        before = self._studies.pending[name].get(suggestion_id, now)
        renewed = replace(before, expires_at=now + expires_in)
        self._studies.pending[name].put([renewed])
        return before, renewed

    def _give_back(self, name: str, suggestion_id: str) -> Suggestion:
        self._studies.state(name)
        pending = self._studies.pending[name]
        before = pending.get(suggestion_id, datetime.now(UTC))
        pending.remove([suggestion_id])
        return before

    def _start(self, query: SuggestionQuery, rng: np.random.Generator) -> _Start:
        state = self._studies.state(query.study)
        wish = _wish(state, query)
        wanted = query.n - len(_of_worker(self._open(query.study), query.worker)[: query.n])
        if query.candidates is None:
            found = parents(state, wish, rng) if wanted else None
            return _Start(state.encoding, wanted, None, {}, found, len(state.study.proxies))
        encoded = with_proxies(state.encoding.encode(query.candidates), query.proxies, state.study)
        invalid = {i: str(each) for i, each in enumerate(encoded) if not isinstance(each, Encoded)}
        if len(invalid) == len(encoded):
            raise InvalidArchitectureError(f"no candidate is an architecture of this study; the first: {invalid[0]}")
        given = {
            each.architecture_id: Candidate(
                each,
                notation,  # type: ignore[arg-type]
                Origin.PROMOTION if state.knows(each.architecture_id) else Origin.GIVEN,
            )
            for each, notation in zip(encoded, query.candidates, strict=True)
            if isinstance(each, Encoded)
        }
        return _Start(state.encoding, wanted, list(given.values()), invalid, None, 0)

    def _choose(
        self, query: SuggestionQuery, start: _Start, candidates: Sequence[Candidate], rng: np.random.Generator
    ) -> tuple[SuggestionAnswer, list[Suggestion], Collection[str]] | None:
        """What is suggested, what of it is new, and the ids of all that was suggested before.

        None where the encoder of the candidates serves no more.
        """
        state = self._studies.state(query.study)
        if state.encoding.encoder is not start.encoding.encoder:
            return None
        now = datetime.now(UTC)
        pending, known = self._open(query.study), self._studies.pending[query.study].ids
        before = _of_worker(pending, query.worker)[: query.n]
        taken = {each.architecture_id for each in pending}
        # Among candidates of its own, a search may ask which of those that it tried for less to train in full.
        untried = (lambda key: not state.knows(key)) if query.candidates is None else state.may_be_trained
        free = [
            each
            for each in candidates
            if each.encoded.architecture_id not in taken and untried(each.encoded.architecture_id)
        ]
        chosen = choose(
            state,
            _wish(state, query),
            [each.encoded for each in free],
            _encoded(state, pending),
            query.n - len(before),
            rng,
        )
        new = [
            Suggestion(
                str(uuid4()),
                free[choice.index].encoded.architecture_id,
                free[choice.index].notation,
                free[choice.index].origin,
                query.worker,
                now,
                now + query.expires_in if query.reserve else now,
            )
            for choice in chosen
        ]
        if query.reserve:
            self._studies.pending[query.study].put(new)
        expected = _predictions(state, _encoded(state, before) + [free[choice.index].encoded for choice in chosen])
        suggested = [Suggested(each, expected.get(each.architecture_id), None, None) for each in before] + [
            Suggested(each, expected.get(each.architecture_id), choice.acquisition, choice.feasible, query.reserve)
            for each, choice in zip(new, chosen, strict=True)
        ]
        answer = SuggestionAnswer(state.revision, state.encoding.encoder.version, suggested, start.invalid)
        return answer, new if query.reserve else [], known

    def _keep(
        self,
        name: str,
        new: Sequence[Suggestion],
        before: Sequence[Suggestion] = (),
        known: Collection[str] | None = None,
    ) -> bool:
        """Make what memory holds durable, or let memory hold what was `before`; false where others were faster."""
        settled = self._lanes.numbers.submit(self._settled, name).result()
        try:
            with self._health.watched():
                kept = self._store.suggest(name, new, [*(each.suggestion_id for each in before), *settled], known)
        except Exception:
            self._take_back(name, new, before)
            raise
        if not kept:
            self._take_back(name, new, before)
        elif settled:
            self._lanes.numbers.submit(self._forget, name, settled)
        return kept

    def _take_back(self, name: str, new: Sequence[Suggestion], before: Sequence[Suggestion]) -> None:
        self._lanes.numbers.submit(self._forget, name, [each.suggestion_id for each in new])
        if name in self._studies.pending:  # or the study was deleted meanwhile
            self._lanes.numbers.submit(self._studies.pending[name].put, before)

    def _settled(self, name: str) -> list[str]:
        state = self._studies.state(name)
        return self._studies.pending[name].settled(datetime.now(UTC), state.answered)

    def _forget(self, name: str, suggestion_ids: Sequence[str]) -> None:
        if name in self._studies.pending:
            self._studies.pending[name].remove(suggestion_ids)


def _wish(state: StudyState, query: SuggestionQuery) -> Wish:
    names = [metric.name for metric in state.study.metrics]
    for name in query.constraints:
        state.study.metric(name)
    objectives = [state.study.metric(name).name for name in query.metrics or ()]
    if not objectives:
        objectives = [name for name in names if name not in query.constraints] or names
    return Wish(objectives, query.constraints, query.strategy)


def _of_worker(pending: Sequence[Suggestion], worker: str | None) -> list[Suggestion]:
    return [] if worker is None else [each for each in pending if each.worker == worker]


def _encoded(state: StudyState, suggestions: Sequence[Suggestion]) -> list[Encoded]:
    """Their architectures; one that the space does not take any more is left out."""
    encoded = state.encoding.encode([each.notation for each in suggestions])
    unknown = (float("nan"),) * len(state.study.proxies)
    return [replace(each, proxies=unknown) for each in encoded if isinstance(each, Encoded)]


def _predictions(state: StudyState, architectures: Sequence[Encoded]) -> dict[str, Prediction]:
    """What is expected of architectures, by their id; nothing before anything was observed."""
    try:
        answer = answering.predict(state, architectures, [metric.name for metric in state.study.metrics])
    except NoObservationsError:
        return {}
    return {each.architecture_id: each for each in answer.predictions}
