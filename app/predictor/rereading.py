"""Studies that are read from the store again, or for the first time, beside the answers."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from app.domain.errors import UnknownStudyError
from app.predictor.encoding import Encoding
from app.predictor.fitting import Fitting
from app.predictor.known_points import NewIndex
from app.predictor.lane import Lanes
from app.predictor.loading import load_study, up_to_date
from app.predictor.snapshot import StudyCache
from app.predictor.store import ObservationStore, StudyRecord
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState

_log = logging.getLogger(__name__)


class Rereading:
    """Reads whole studies on the lane of fits. Who comes while a study waits to be read shares that reading.

    Args:
        encoding_of: how the architectures of a study are encoded.
    """

    def __init__(
        self,
        store: ObservationStore,
        studies: Studies,
        cache: StudyCache,
        new_index: NewIndex,
        lanes: Lanes,
        fitting: Fitting,
        encoding_of: Callable[[StudyRecord], Encoding],
    ) -> None:
        self._store = store
        self._studies = studies
        self._cache = cache
        self._new_index = new_index
        self._lanes = lanes
        self._fitting = fitting
        self._encoding_of = encoding_of
        self._waiting: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    def reread(self, name: str) -> "Future[None]":
        """Read a study again; done once it answers from that, or was deleted."""
        with self._lock:
            if name not in self._waiting:
                self._waiting[name] = Future()
                self._lanes.fits.submit(self._load, name, self._waiting[name])
            return self._waiting[name]

    def adopt(self, name: str) -> "Future[None]":
        """Read a study that another server declared; done once it answers."""
        return self._lanes.fits.submit(self._adopt, name)

    def _load(self, name: str, done: "Future[None]") -> None:
        with self._lock:
            del self._waiting[name]  # who comes from now on may have committed what this does not read any more
        try:
            served = self._lanes.numbers.submit(self._studies.state, name).result()
            while not self._lanes.writes.submit(self._swap, served, self._read(name)).result():
                pass
        except UnknownStudyError:
            _log.info("study was deleted before it was read again study=%s", name)
        except Exception:  # noqa: BLE001  # what changed is durable: the study is read when it is next asked for
            _log.exception("study not read again, it is when it is asked for study=%s", name)
            self._lanes.numbers.submit(self._studies.reload, name).result()
        done.set_result(None)

    def _read(self, name: str) -> StudyState:
        encoding = self._encoding_of(self._store.study(name))
        return load_study(name, self._store, encoding, self._cache, self._new_index)

    def _swap(self, served: StudyState, state: StudyState) -> bool:
        """Answer from what was read; on the lane of writes, so that this server stores nothing meanwhile.

        Returns:
            False where the study was changed again since, and must be read again.
        """
        name = state.study.name
        if not up_to_date(state, self._store):
            return False
        self._lanes.numbers.submit(self._studies.put, served, state).result()
        self._lanes.numbers.submit(self._fitting.start_due, name)
        _log.info("study read again study=%s revision=%d", name, state.revision)
        return True

    def _adopt(self, name: str) -> None:
        try:
            state = self._read(name)
        except UnknownStudyError:  # deleted meanwhile
            return
        self._lanes.numbers.submit(self._studies.adopt, state).result()
        self._lanes.numbers.submit(self._fitting.start_due, name)
