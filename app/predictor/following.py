"""Follows what other servers store in the database that all of them share."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from app.domain.errors import EmproxError, NotReadyError, StoreError
from app.domain.observation import Observation
from app.predictor.encoder_switch import EncoderSwitches
from app.predictor.fitting import Fitting
from app.predictor.lane import Lane, Lanes, finished
from app.predictor.ports import Changes
from app.predictor.rereading import Rereading
from app.predictor.spaces import Spaces
from app.predictor.store import ObservationStore, StudyVersion
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState
from app.predictor.write_health import WriteHealth

_log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5  # where no notification comes
STALE_AFTER_SECONDS = 5.0
WAIT_SECONDS = 2.0  # for a revision that a query asks for
_TOGETHER = 1000  # observations taken in at once, while answers wait


@dataclass(frozen=True, slots=True)
class Lag:
    """How far this server is behind what is stored.

    Args:
        seconds: since the store was last looked at.
        revisions: by study that is behind.
    """

    seconds: float
    revisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Waiting:
    study: str
    revision: int
    here: "Future[None]"
    until: float = field(default_factory=lambda: time.monotonic() + WAIT_SECONDS)


class Following:
    """Brings studies and spaces in memory up to what is stored, by the revisions of each study.

    Whatever wakes it up, it looks at the revisions alone, so that nothing that is missed is missed for long. What adds
    to a study is taken in; what changes it otherwise has it read again, beside the answers.
    """

    def __init__(
        self,
        store: ObservationStore,
        studies: Studies,
        lanes: Lanes,
        fitting: Fitting,
        spaces: Spaces,
        encoders: EncoderSwitches,
        rereading: Rereading,
        health: WriteHealth,
        changes: Changes,
    ) -> None:
        self._store = store
        self._studies = studies
        self._lanes = lanes
        self._fitting = fitting
        self._spaces = spaces
        self._encoders = encoders
        self._rereading = rereading
        self._health = health
        self._changes = changes
        self._lane = Lane("follows", 64)
        self._lock = threading.Lock()
        self._due = False
        self._closing = False
        self._failed = False
        self._looked = time.monotonic()
        self._spaces_due = 0.0
        self._broken: dict[str, str] = {}
        self._behind: dict[str, int] = {}
        self._waiting: list[_Waiting] = []
        self._under_way: dict[str, Future[None]] = {}  # what is being read again or anew, by study or space
        self._listening = threading.Thread(target=self._listen, name="changes", daemon=True)

    def start(self) -> None:
        """Begin, once the studies are loaded."""
        self._looked = time.monotonic()
        self._listening.start()

    def close(self) -> None:
        """Follow no more. Blocks."""
        self._closing = True
        if self._listening.is_alive():
            self._listening.join()
        self._lane.close()
        self._changes.close()
        self._tell_waiting(NotReadyError("the server ends"))

    @property
    def lag(self) -> Lag:
        """How far this server is behind. On any thread."""
        return Lag(time.monotonic() - self._looked, dict(self._behind))

    def check(self) -> None:
        """Pass where this server knows what is stored.

        Raises:
            NotReadyError: the database has not answered for a while.
        """
        seconds = time.monotonic() - self._looked
        if seconds > STALE_AFTER_SECONDS:
            raise NotReadyError(f"the database has not answered for {seconds:.0f} s: what others store is not known")

    def catch_up(self, study: str, revision: int) -> "Future[None]":
        """Look at once; done when the study is at the revision or gone, or after WAIT_SECONDS. From any thread."""
        here: Future[None] = Future()
        with self._lock:
            self._waiting.append(_Waiting(study, revision, here))
        self._look_soon()
        return here

    async def reached(self, study: str, revision: int) -> None:
        """Wait for a revision, WAIT_SECONDS at most; for a study that is not here, until it was looked for."""
        state = self._studies.in_memory(study)
        if state and state.revision >= revision:
            return
        with suppress(Exception):  # whoever asks is told that it is not here
            await asyncio.wait_for(asyncio.wrap_future(self.catch_up(study, revision)), WAIT_SECONDS)

    async def look_for_space(self, name: str) -> None:
        """Wait until a space serves that another server declared, if one did."""
        self._spaces_due = 0.0
        await self.reached("", 0)
        if found := self._under_way.get(_space(name)):
            await finished(found)

    def _listen(self) -> None:
        while not self._closing:
            self._changes.wait(LOOK_EVERY_SECONDS)
            self._look_soon()

    def _look_soon(self) -> None:
        with self._lock:
            if self._due or self._closing:
                return
            self._due = True
        self._lane.submit(self._look)

    def _look(self) -> None:
        with self._lock:
            self._due = False
        try:
            began = time.monotonic()
            if self._health.error:
                self._store.check_writable()
                self._health.recovered()
            versions = self._store.versions()
            if began >= self._spaces_due or any(each.study.space not in self._studies.encodings for each in versions):
                self._spaces_due = began + LOOK_EVERY_SECONDS  # seldom is one declared
                self._follow_spaces()
            self._looked = began
            for version in versions:
                self._bring_up_or_tell(version)
            self._delete_others({version.study.name for version in versions})
            self._note_lag(versions)
        except Exception as err:  # noqa: BLE001  # looked at again in a moment
            if not self._failed:
                told = _log.error if isinstance(err, EmproxError) else _log.exception
                told("what others store is not known at the moment: %s", err)
            self._failed = True
            self._tell_waiting(err)
            return
        if self._failed:
            _log.info("what others store is known again")
        self._failed = False
        self._tell_reached()

    def _follow_spaces(self) -> None:
        for record in self._store.spaces():
            serving = self._studies.encodings.get(record.name)
            known = serving and serving.declared and serving.declared.declaration == record.declaration
            if not known and not (serving and not serving.declared) and self._is_free(_space(record.name)):
                self._under_way[_space(record.name)] = self._spaces.follow(record)

    def _bring_up_or_tell(self, version: StudyVersion) -> None:
        """One study that cannot be brought up stays behind, and no other with it."""
        name = version.study.name
        try:
            self._bring_up(version)
        except StoreError:  # the next one would wait for the database as well
            raise
        except Exception as err:  # noqa: BLE001  # looked at again in a moment
            if self._broken.get(name) != str(err):
                _log.exception("study is not brought up to what others stored study=%s", name)
            self._broken[name] = str(err)
        else:
            self._broken.pop(name, None)

    def _bring_up(self, version: StudyVersion) -> None:
        name = version.study.name
        if not self._is_free(name) or version.study.space not in self._studies.encodings:
            return
        state = self._studies.in_memory(name)
        if state is None:
            if not self._studies.known(name):
                self._under_way[name] = self._rereading.adopt(name)
        elif state.held:
            return  # being read again already
        elif not self._is_same(version, state):
            self._under_way[name] = self._rereading.reread(name)
        elif version.revision > state.revision:
            self._take_in(version, state)
        if version.target:
            self._encoders.help_out(version)

    def _is_free(self, what: str) -> bool:
        """Whether nothing of it is being read."""
        if what in self._under_way and self._under_way[what].done():
            del self._under_way[what]
        return what not in self._under_way

    def _is_same(self, version: StudyVersion, state: StudyState) -> bool:
        """Whether what memory holds is the beginning of what is stored, embedded by the same encoder."""
        stored = (version.created_at, version.study, version.corrected, version.restored)
        here = (state.created_at, state.study, state.corrected, state.restored)
        return stored == here and self._encoders.serves(version, state)

    def _take_in(self, version: StudyVersion, state: StudyState) -> None:
        name, since = version.study.name, state.revision
        observations = self._store.observations(name, since, version.revision)
        for batch in _whole_revisions(observations):
            until = batch[-1].revision
            if not self._lanes.numbers.submit(self._studies.follow, name, batch, since, until).result():
                self._look_soon()  # own observations came first, or the study is being read again
                return
            since = until
        self._lanes.numbers.submit(self._fitting.start_due, name)
        self._lanes.numbers.submit(self._studies.settle, name)

    def _delete_others(self, names: set[str]) -> None:
        for state in self._studies.all_in_memory():
            name = state.study.name
            if name not in names and name not in {each.study.name for each in self._store.versions()}:
                self._encoders.forget(name)
                self._lanes.numbers.submit(self._studies.delete, name)
                _log.info("study was deleted elsewhere study=%s", name)

    def _note_lag(self, versions: Iterable[StudyVersion]) -> None:
        here = {state.study.name: state.revision for state in self._studies.all_in_memory()}
        missing = {each.study.name: each.revision - here.get(each.study.name, 0) for each in versions}
        self._behind = {name: n for name, n in missing.items() if n > 0}

    def _tell_reached(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            state = self._studies.in_memory(each.study)
            if state is None or state.revision >= each.revision or time.monotonic() > each.until:
                _finish(each.here)
            else:
                with self._lock:
                    self._waiting.append(each)

    def _tell_waiting(self, error: Exception) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            _finish(each.here, error)


def _space(name: str) -> str:
    return f"space {name}"  # no name of a study has a blank


def _finish(future: "Future[None]", error: Exception | None = None) -> None:
    if not future.set_running_or_notify_cancel():  # nobody waits any more
        return
    if error:
        future.set_exception(error)
    else:
        future.set_result(None)


def _whole_revisions(observations: Iterable[Observation]) -> Iterator[Sequence[Observation]]:
    """About _TOGETHER at a time, and never a part of a revision: a study that has some of one has all of it."""
    batch: list[Observation] = []
    for _, of_revision in groupby(observations, lambda each: each.revision):
        batch += of_revision
        if len(batch) >= _TOGETHER:
            yield batch
            batch = []
    if batch:
        yield batch
