"""Takes in what was trained: checked, durable, counted, and then acknowledged.

Requests that wait are taken together at each step, so that one commit and one update of a study in memory do for many.
Each is all or nothing by itself, and a revision of its study of its own. A committed group goes from the lane of writes
to that of numbers before the next one is committed, so that the studies in memory follow the order of revisions.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from app.domain.errors import EmproxError, NotReadyError, OverloadedError
from app.predictor.fitting import Fitting
from app.predictor.gathering import Gathering
from app.predictor.lane import Lanes, Waiting
from app.predictor.preparing import Prepared
from app.predictor.requests import NewObservation, ObservationAnswer, Stored
from app.predictor.store import Appended, ObservationStore
from app.predictor.studies import Studies
from app.predictor.timings import NUMBERS, Spread, Timings, timed
from app.predictor.write_health import WriteHealth

_log = logging.getLogger(__name__)

TOGETHER = 1000  # observations of several requests: as many as one request may have, and other answers wait for


@dataclass(slots=True, eq=False)
class _Request:
    study: str
    observations: Sequence[NewObservation]
    answer: "asyncio.Future[ObservationAnswer]"
    since: float = field(default_factory=time.perf_counter)
    told: bool = False  # what became of it; only the last to work on it may say so


_Outcome = ObservationAnswer | Exception
_Checked = tuple[_Request, Prepared]
_Committed = tuple[_Request, Prepared, Appended]


class Observing:
    """Stores trained architectures, those of several requests together.

    Args:
        limit: requests that are under way at most; further ones are refused.
        catch_up: where other servers store as well, takes in what they did up to a revision of a study.

    Attributes:
        commits: how many requests were stored together, and how many observations.
    """

    def __init__(
        self,
        store: ObservationStore,
        studies: Studies,
        lanes: Lanes,
        fitting: Fitting,
        health: WriteHealth,
        limit: int,
        catch_up: Callable[[str, int], "Future[None]"] | None = None,
    ) -> None:
        self._catch_up = catch_up
        self._store = store
        self._studies = studies
        self._lanes = lanes
        self._fitting = fitting
        self._health = health
        self._limit = limit
        self._under_way = 0
        self._refused = 0
        self._new: list[_Request] = []  # belongs to the event loop
        self.timings = Timings()
        self.commits = {"requests": Spread(NUMBERS), "observations": Spread(NUMBERS)}
        self._changed = threading.Condition()
        self._to_check = Gathering[_Request](lanes.numbers, self._check, lambda each: len(each.observations), TOGETHER)
        self._to_commit = Gathering[_Checked](
            lanes.writes, self._commit, lambda each: len(each[0].observations), TOGETHER
        )

    @property
    def waiting(self) -> Waiting:
        """The requests that are under way."""
        return Waiting("observe", self._under_way, self._limit, self._refused)

    async def observe(self, name: str, observations: Sequence[NewObservation]) -> ObservationAnswer:
        """See `Predictor.observe`."""
        with self._changed:
            self._refuse_if_full()
            self._under_way += 1
        loop = asyncio.get_running_loop()
        request = _Request(name, observations, loop.create_future())
        self._new.append(request)
        if len(self._new) == 1:
            loop.call_soon(self._begin)  # once those have asked who are about to
        return await request.answer

    def check_room(self) -> None:
        """See `Predictor.check_room_to_observe`."""
        with self._changed:
            self._refuse_if_full()

    def close(self) -> None:
        """Refuse more, and finish what is under way. Blocks."""
        with self._changed:
            self._limit = 0
            self._changed.wait_for(lambda: not self._under_way)

    def _refuse_if_full(self) -> None:
        if self._under_way >= self._limit:
            self._refused += 1
            raise OverloadedError(f"{self._under_way} requests wait already: try again in a moment")

    def _begin(self) -> None:
        new, self._new = self._new, []
        self._to_check.add(new)

    def _check(self, requests: list[_Request]) -> None:
        """On the lane of numbers."""
        try:
            with self.timings.measured(each.since for each in requests):
                prepared = self._prepared(requests)
        except Exception as err:  # noqa: BLE001  # those who wait are told
            self._refuse(requests, err)
        else:
            self._to_commit.add(list(prepared.items()))

    def _prepared(self, requests: Sequence[_Request]) -> dict[_Request, Prepared]:
        """Those that are right, in their order; the others are refused."""
        found: dict[_Request, Prepared] = {}
        for name in dict.fromkeys(request.study for request in requests):
            of_study = [request for request in requests if request.study == name]
            try:
                outcomes = self._studies.prepare(name, [request.observations for request in of_study])
            except EmproxError as err:
                self._refuse(of_study, err)
                continue
            for request, outcome in zip(of_study, outcomes, strict=True):
                if isinstance(outcome, Prepared):
                    found[request] = outcome
                else:
                    self._refuse([request], outcome)
        return {request: found[request] for request in requests if request in found}

    def _commit(self, checked: list[_Checked]) -> None:
        """On the lane of writes."""
        try:
            checked = self._as_served(checked)
            with self._health.watched(), self.timings.measured(), timed("commit"):
                outcomes = self._store.append_each(
                    [(each.study, prepared.observations) for each, prepared in checked],
                    [prepared.state.identity for _, prepared in checked],
                )
        except Exception as err:  # noqa: BLE001  # those who wait are told
            self._refuse([request for request, _ in checked], err)
            return
        self.commits["requests"].add(len(checked))
        self.commits["observations"].add(sum(len(request.observations) for request, _ in checked))
        committed = []
        for (request, prepared), outcome in zip(checked, outcomes, strict=True):
            if isinstance(outcome, Appended):
                committed.append((request, prepared, outcome))
            else:
                self._refuse([request], outcome)
                if self._catch_up and isinstance(outcome, NotReadyError):  # so that sent again it is right
                    self._catch_up(request.study, 0)
        self._lanes.numbers.submit(self._count, committed)

    def _as_served(self, checked: list[_Checked]) -> list[_Checked]:
        """Checked again where the study was corrected, deleted or embedded otherwise since."""
        stale = [request for request, prepared in checked if not self._studies.serves(prepared.state)]
        if not stale:
            return checked
        again = self._lanes.numbers.submit(self._prepared, stale).result()
        current = {request: prepared for request, prepared in checked if request not in stale} | again
        return [(request, current[request]) for request, _ in checked if request in current]

    def _count(self, committed: list[_Committed]) -> None:
        """On the lane of numbers."""
        for name in dict.fromkeys(request.study for request, _, _ in committed):
            of_study = [(prepared, appended) for request, prepared, appended in committed if request.study == name]
            if self._catch_up and not self._studies.is_next(name, of_study):
                late = [each for each in committed if each[0].study == name]
                committed = [each for each in committed if each[0].study != name]
                # With what others stored before they come from the store as well, in order.
                here = self._catch_up(name, of_study[-1][1].revision)
                here.add_done_callback(lambda _, late=late: self._tell_stored(late))  # type: ignore[misc]
                continue
            try:
                self._studies.apply(name, of_study)
                self._fitting.start_due(name)
            except Exception:  # noqa: BLE001  # they are durable: an error would make their workers send them again
                _log.exception("stored but not counted yet study=%s revision=%d", name, of_study[-1][1].revision)
        self._tell_stored(committed)
        for name in {request.study for request, _, _ in committed}:
            try:
                self._studies.settle(name)  # here, or the next to ask would wait for it
            except Exception:  # noqa: BLE001  # who asks next is told
                _log.exception("estimates not prepared study=%s", name)

    def _tell_stored(self, committed: Iterable[_Committed]) -> None:
        self._tell([(request, _answer(prepared, appended)) for request, prepared, appended in committed])

    def _refuse(self, requests: Iterable[_Request], error: Exception) -> None:
        self._tell([(request, error) for request in requests])

    def _tell(self, outcomes: Iterable[tuple[_Request, _Outcome]]) -> None:
        """Say what became of requests, to all who wait on an event loop at once; from any thread."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Request, _Outcome]]] = {}
        for request, outcome in outcomes:
            if not request.told:
                request.told = True
                by_loop.setdefault(request.answer.get_loop(), []).append((request, outcome))
        for loop, told in by_loop.items():
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_pass_on, told)
            with self._changed:
                self._under_way -= len(told)
                self._changed.notify_all()


def _pass_on(outcomes: Iterable[tuple[_Request, _Outcome]]) -> None:
    """On the event loop."""
    for request, outcome in outcomes:
        if request.answer.done():  # whoever asked is gone
            continue
        if isinstance(outcome, ObservationAnswer):
            request.answer.set_result(outcome)
        else:
            request.answer.set_exception(outcome)


def _answer(prepared: Prepared, appended: Appended) -> ObservationAnswer:
    stored = [
        Stored(
            observation.observation_id,
            observation.architecture_id,
            created,
            # Of one that was stored before, what was said then.
            {metric: each.estimate for metric, each in (expected if created else before).items()} or None,
        )
        for observation, created, expected, before in zip(
            prepared.observations, appended.created, prepared.expected, appended.expected, strict=True
        )
    ]
    return ObservationAnswer(appended.revision, stored)
