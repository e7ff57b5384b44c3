"""The cache of a server that shares its store: snapshots in files of its own, fits in the store."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.domain.errors import EmproxError
from app.predictor.ports import Leases
from app.predictor.snapshot import Column, Fit, Snapshot, restored, snapshot_of
from app.proximity.scales import Scales
from app.storage.observation_store import SqlObservationStore
from app.storage.study_cache import FileStudyCache, LoadIndex

_log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0


class SharedStudyCache(FileStudyCache):
    """A `StudyCache` whose fits are computed by whoever has their lease, and read by the others.

    Where the store does not answer, or who has the lease takes too long, a fit is computed here as well: it follows
    from the observations, so that nothing is wrong then.
    """

    def __init__(self, folder: Path, load_index: LoadIndex | None, store: SqlObservationStore, leases: Leases) -> None:
        super().__init__(folder, load_index)
        self._store = store
        self._leases = leases

    def scales(self, fit: Fit, compute: Callable[[], Scales]) -> Scales:
        """See `StudyCache.scales`."""
        until = time.monotonic() + _PATIENCE_SECONDS
        try:
            while time.monotonic() < until:
                if (kept := self._store.fit(fit)) is not None:
                    return _read(kept)
                with self._leases.hold(f"fit {fit.study} {fit.metric} {fit.n}") as mine:
                    if mine:
                        return self._computed(fit, compute)
                time.sleep(_LOOK_EVERY_SECONDS)
        except EmproxError as err:
            _log.warning("fit is not shared study=%s metric=%s: %s", fit.study, fit.metric, err)
        return compute()

    def _computed(self, fit: Fit, compute: Callable[[], Scales]) -> Scales:
        if (kept := self._store.fit(fit)) is not None:  # while the lease was asked for
            return _read(kept)
        scales = compute()
        self._store.keep_fit(fit, _written(scales))
        return scales


def _written(scales: Scales) -> str:
    """As JSON with Python's Infinity, which no JSON column takes; numbers to the last bit."""
    snapshot = snapshot_of(scales)
    columns = {name: [each.rows.shape, each.rows.ravel().tolist()] for name, each in snapshot.columns.items()}
    return json.dumps([snapshot.notes, columns])


def _read(kept: str) -> Scales:
    notes, columns = json.loads(kept)
    arrays = {
        name: Column.of(np.array(values, dtype=np.float64).reshape(shape)) for name, (shape, values) in columns.items()
    }
    return restored(Scales, Snapshot(notes, arrays))
