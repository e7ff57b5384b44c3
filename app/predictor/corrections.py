"""Corrections of what was observed, effective on the next prediction."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from app.domain.correction import Correction
from app.predictor.fitting import Fitting
from app.predictor.known_points import NewIndex
from app.predictor.lane import Lanes, finished
from app.predictor.loading import load_study, up_to_date
from app.predictor.requests import NewCorrection
from app.predictor.snapshot import StudyCache
from app.predictor.store import Appended, ObservationStore
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState
from app.predictor.write_health import WriteHealth

_log = logging.getLogger(__name__)


class Corrections:
    """Amends, retracts and restores observations.

    A study that was corrected is read from the store again, beside the answers: what it says then is what it would say
    after a restart. Corrections that come while one waits for its study to be read share that reading.
    """

    def __init__(
        self,
        store: ObservationStore,
        studies: Studies,
        cache: StudyCache,
        new_index: NewIndex,
        lanes: Lanes,
        fitting: Fitting,
        health: WriteHealth,
    ) -> None:
        self._store = store
        self._studies = studies
        self._cache = cache
        self._new_index = new_index
        self._lanes = lanes
        self._fitting = fitting
        self._health = health
        self._waiting: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    async def correct(self, name: str, corrections: Sequence[NewCorrection]) -> Appended:
        """Correct observations as one change of their study; returns when it is durable and effective.

        Raises:
            UnknownStudyError: there is no such study.
            ObservationNotFoundError: some of the observations are not there; nothing was changed.
            InvalidCorrectionsError: some are wrong; nothing was changed.
            OverloadedError: too much waits; nothing was changed.
            StoreError: they could not be written; nothing was changed.
        """
        prepared = await self._lanes.numbers.run(self._studies.prepare_corrections, name, corrections)
        corrected, reread = await self._lanes.writes.run(self._commit, name, prepared)
        if reread:
            await finished(reread)
        return corrected

    def reread(self, name: str) -> "Future[None]":
        """Read a study from the store again, beside the answers; done once it answers from that."""
        with self._lock:
            if name not in self._waiting:
                self._waiting[name] = Future()
                self._lanes.fits.submit(self._load, name, self._waiting[name])
            return self._waiting[name]

    def _commit(self, name: str, corrections: Sequence[Correction]) -> tuple[Appended, "Future[None] | None"]:
        with self._health.watched():
            corrected = self._store.correct(name, corrections)
        if not any(corrected.created):
            return corrected, None
        # Before anything else is stored, so that no answer is taken for one that knows of the corrections.
        self._lanes.numbers.submit(self._studies.hold_revision, name)
        return corrected, self.reread(name)

    def _load(self, name: str, done: "Future[None]") -> None:
        with self._lock:
            del self._waiting[name]  # who comes from now on may have committed what this does not read any more
        try:
            served = self._lanes.numbers.submit(self._studies.state, name).result()
            while True:
                state = load_study(name, self._store, served.encoding, self._cache, self._new_index)
                if self._lanes.writes.submit(self._swap, served, state).result():
                    break
        except Exception:  # noqa: BLE001  # the corrections are durable: the study is read when it is next asked for
            _log.exception("corrected study not read, it is read again when it is asked for study=%s", name)
            self._lanes.numbers.submit(self._studies.reload, name).result()
        done.set_result(None)

    def _swap(self, served: StudyState, state: StudyState) -> bool:
        """Answer from what was read; on the lane of writes, so that nothing is stored meanwhile.

        Returns:
            False where the study was corrected again since, and must be read again.
        """
        name = state.study.name
        if not up_to_date(state, self._store):
            return False
        self._lanes.numbers.submit(self._studies.put, served, state).result()
        self._lanes.numbers.submit(self._fitting.start_due, name)
        _log.info("study corrected study=%s revision=%d", name, state.revision)
        return True
