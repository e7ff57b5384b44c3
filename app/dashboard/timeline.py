"""The trainings of a study over time, in columns that are read once and grow with the study."""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
from math import nan

import numpy as np
from numpy.typing import NDArray

from app.dashboard.distinct import Distinct
from app.domain.observation import Status
from app.domain.remembering import Remembered
from app.domain.study import Study
from app.predictor.growing import GrowingRows
from app.predictor.store import ObservationStore, StudyVersion, Training
from app.proximity.fidelity import FULL, level_of
from app.proximity.kernel import FloatArray

KEPT = 4  # studies: of a million observations, each takes some 62 MB, and a map some 40 MB more
_BATCH = 1000


class Timeline:
    """Those trainings that were not retracted, in the order of the study. Belongs to one thread at a time.

    Attributes:
        revision: of the study, up to which they were read.
        workers: by their number in `worker`; None stands for trainings that name none.
    """

    def __init__(self, version: StudyVersion) -> None:
        self.study = version.study
        self.revision = 0
        self.workers: list[str | None] = []
        self._made_for = _identity(version)
        self._number_of: dict[str | None, int] = {}
        self._columns = {
            "revision": GrowingRows(np.empty(0, dtype=np.int64)),
            "observed_at": GrowingRows(np.empty(0, dtype="M8[us]")),
            "architecture_id": GrowingRows(np.empty(0, dtype="S32")),
            "worker": GrowingRows(np.empty(0, dtype=np.int32)),
            "failed": GrowingRows(np.empty(0, dtype=np.bool_)),
            "full": GrowingRows(np.empty(0, dtype=np.bool_)),
        }
        self._distinct = Distinct(self.architecture_ids)
        self._values = {metric.name: GrowingRows(np.empty(0)) for metric in version.study.metrics}

    def __len__(self) -> int:
        return len(self._columns["revision"])

    @property
    def revisions(self) -> NDArray[np.int64]:
        """From which on each counts."""
        return self._columns["revision"].rows

    @property
    def observed_at(self) -> NDArray[np.datetime64]:
        """In UTC, with microseconds."""
        return self._columns["observed_at"].rows

    @property
    def architecture_ids(self) -> NDArray[np.bytes_]:
        """In ASCII."""
        return self._columns["architecture_id"].rows

    @property
    def distinct(self) -> Distinct:
        """The distinct architectures."""
        self._distinct.add(self.architecture_ids[len(self._distinct) :])
        return self._distinct

    @property
    def worker(self) -> NDArray[np.int32]:
        """Numbers in `workers`."""
        return self._columns["worker"].rows

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Whether each failed."""
        return self._columns["failed"].rows

    @property
    def full(self) -> NDArray[np.bool_]:
        """Whether each counts as a full training."""
        return self._columns["full"].rows

    def values(self, metric: str) -> FloatArray:
        """What was measured; NaN of a training that failed or did not measure this."""
        return self._values[metric].rows

    def goes_on(self, version: StudyVersion) -> bool:
        """Whether the study is what it was, but for trainings that came since."""
        return self._made_for == _identity(version)

    def add(self, trainings: Iterable[Training]) -> None:
        """Take in further trainings."""
        rest = iter(trainings)
        while batch := list(islice(rest, _BATCH)):
            self._add(batch)

    def _add(self, batch: list[Training]) -> None:
        completed = [each.status is Status.COMPLETED for each in batch]
        columns = {
            "revision": [each.revision for each in batch],
            "observed_at": [each.observed_at.replace(tzinfo=None) for each in batch],
            "architecture_id": [each.architecture_id.encode() for each in batch],
            "worker": [self._number(each.worker) for each in batch],
            "failed": [not each for each in completed],
            "full": [level_of(each.share) == FULL for each in batch],
        }
        for metric, column in self._values.items():
            column.append(
                np.array([t.values.get(metric, nan) if ok else nan for t, ok in zip(batch, completed, strict=True)])
            )
        for name, values in columns.items():
            column = self._columns[name]
            column.append(np.array(values, dtype=column.rows.dtype))

    def _number(self, worker: str | None) -> int:
        if worker not in self._number_of:
            self._number_of[worker] = len(self.workers)
            self.workers.append(worker)
        return self._number_of[worker]


class Timelines:
    """Timelines of the studies that were looked at last. Belongs to one thread at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Timeline] = OrderedDict()

    @property
    def remembered(self) -> Remembered:
        """How many are kept. On any thread."""
        return Remembered("timelines", len(self._kept), KEPT)

    def of(self, name: str, store: ObservationStore) -> Timeline:
        """The timeline of a study as it is stored now.

        Raises:
            UnknownStudyError: there is no such study.
        """
        version = store.version(name)
        found = self._kept.get(name)
        if found is None or not found.goes_on(version):
            found = self._kept[name] = Timeline(version)
        if found.revision < version.revision:
            # What is stored meanwhile is left for the next time.
            found.add(store.trainings(name, found.revision, version.revision))
            found.revision = version.revision
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found


def _identity(version: StudyVersion) -> tuple[object, int, Study]:
    """What a correction, another metric, or another study of the same name changes."""
    return version.created_at, version.corrected, version.study
