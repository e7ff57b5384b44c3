"""Estimates for all who ask at the same moment, in as few calls as there are ways to ask.

An estimate costs an array operation little more for thirty candidates than for one, so requests that differ in nothing
but their candidates are answered as one. None waits for others to come: only those that are there are taken together.
"""

import asyncio
import threading
import time
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.domain.errors import EmproxError, OverloadedError
from app.predictor.gathering import Gathering
from app.predictor.lane import Lane, Waiting
from app.predictor.requests import PredictionAnswer, PredictionQuery
from app.predictor.studies import Studies
from app.predictor.timings import Timings

TOGETHER = 256  # candidates of several requests, so that none waits for a thousand of another
AT_ONCE = 32  # candidates that are not worth another thread, as long as estimates are brief
# An estimate that takes longer holds up others for longer than handing it over would. Of the thread's own time:
# on a busy machine, handing over is what takes longest.
BRIEF_SECONDS = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    query: PredictionQuery
    answer: "asyncio.Future[PredictionAnswer]"
    since: float = field(default_factory=time.perf_counter)


_Outcome = PredictionAnswer | Exception


class Predicting:
    """Answers queries on a lane; where that has nothing to do and it is soon done, at once on the event loop.

    Args:
        limit: queries that wait at most; further ones are refused.
    """

    def __init__(self, studies: Studies, lane: Lane, limit: int) -> None:
        self._studies = studies
        self._lane = lane
        self._limit = limit
        self._waiting = 0
        self._refused = 0
        self.timings = Timings()
        self._brief = True
        self._lock = threading.Lock()
        self._new: list[_Asked] = []  # belongs to the event loop
        self._gathering = Gathering[_Asked](lane, self._answer, lambda each: len(each.query.candidates), TOGETHER)

    @property
    def waiting(self) -> Waiting:
        """The queries that wait or are being answered."""
        return Waiting("predict", self._waiting, self._limit, self._refused)

    async def predict(self, query: PredictionQuery) -> PredictionAnswer:
        """See `Predictor.predict`."""
        with self._lock:
            self._refuse_if_full()
            self._waiting += 1
        loop = asyncio.get_running_loop()
        asked = _Asked(query, loop.create_future())
        self._new.append(asked)
        if len(self._new) == 1:
            loop.call_soon(self._begin)  # once those have asked who are about to
        return await asked.answer

    def check_room(self) -> None:
        """See `Predictor.check_room_to_predict`."""
        with self._lock:
            self._refuse_if_full()

    def _refuse_if_full(self) -> None:
        if self._waiting >= self._limit:
            self._refused += 1
            raise OverloadedError(f"{self._waiting} requests wait already: try again in a moment")

    def _begin(self) -> None:
        new, self._new = self._new, []
        outcomes = self._lane.here(self._outcomes, new) if self._brief and _are_few(new) else None
        if outcomes is None:
            self._gathering.add(new)
        else:
            _tell(new, outcomes)

    def _answer(self, asked: list[_Asked]) -> None:
        """On the lane."""
        outcomes = self._outcomes(asked)
        asked[0].answer.get_loop().call_soon_threadsafe(_tell, asked, outcomes)

    def _outcomes(self, asked: Sequence[_Asked]) -> list[_Outcome]:
        start = time.thread_time()
        found: dict[_Asked, _Outcome] = {}
        alike: dict[Hashable, list[_Asked]] = {}
        for each in asked:
            alike.setdefault(_way(each.query), []).append(each)
        with self.timings.measured(each.since for each in asked):
            for group in alike.values():
                found.update(zip(group, self._together([each.query for each in group]), strict=True))
        if _are_few(asked):  # of many it tells nothing
            self._brief = time.thread_time() - start < BRIEF_SECONDS
        with self._lock:
            self._waiting -= len(asked)
        return [found[each] for each in asked]

    def _together(self, queries: Sequence[PredictionQuery]) -> Iterable[_Outcome]:
        """What becomes of queries that differ in nothing but their candidates."""
        try:
            return _parts(self._studies.predict(_joined(queries)), queries)
        except EmproxError as err:
            return [err] * len(queries)
        except Exception as err:  # noqa: BLE001  # whoever asked is told; others should not be
            return [err] if len(queries) == 1 else [each for query in queries for each in self._together([query])]


def _are_few(asked: Sequence[_Asked]) -> bool:
    return sum(len(each.query.candidates) for each in asked) <= AT_ONCE


def _way(query: PredictionQuery) -> Hashable:
    """What queries have in common that can be answered as one."""
    metrics = None if query.metrics is None else tuple(query.metrics)
    with_proxies = query.proxies is not None
    return query.study, metrics, query.k, query.weighting, query.neighbors, query.min_revision, with_proxies


def _joined(queries: Sequence[PredictionQuery]) -> PredictionQuery:
    first = queries[0]
    if len(queries) == 1:
        return first
    candidates = [each for query in queries for each in query.candidates]
    proxies = None if first.proxies is None else [each for query in queries for each in query.proxies or ()]
    return replace(first, candidates=candidates, proxies=proxies)


def _parts(answer: PredictionAnswer, queries: Sequence[PredictionQuery]) -> Iterable[PredictionAnswer]:
    """The answer to each query of an answer to all."""
    if len(queries) == 1:
        yield answer
        return
    start = 0
    for query in queries:
        stop = start + len(query.candidates)
        yield answer.part(start, stop)
        start = stop


def _tell(asked: Sequence[_Asked], outcomes: Sequence[_Outcome]) -> None:
    """On the event loop."""
    for each, outcome in zip(asked, outcomes, strict=True):
        if each.answer.done():  # nobody waits any more
            continue
        if isinstance(outcome, PredictionAnswer):
            each.answer.set_result(outcome)
        else:
            each.answer.set_exception(outcome)
