"""A predictor that can be stopped and started again."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from app.domain.errors import EmproxError
from app.domain.observation import Observation
from app.domain.study import Direction, Metric, Study
from app.encoder.library import EncoderLibrary
from app.index.choose import make_index
from app.predictor.encoding import Encoding
from app.predictor.ports import Encoder
from app.predictor.predictor import Predictor
from app.predictor.requests import (
    Description,
    NewCorrection,
    NewObservation,
    ObservationAnswer,
    PredictionAnswer,
    PredictionQuery,
)
from app.predictor.snapshot import Fit, Snapshot
from app.predictor.space_loader import declared_encoding
from app.predictor.store import Appended, StudyIdentity
from app.proximity.scales import Scales
from app.settings import MODELS_DIR
from app.storage.observation_store import SqlObservationStore
from app.storage.sqlite import open_sqlite_store
from app.storage.study_cache import FileStudyCache

from .cells import SPACE, accuracy

STUDY = Study("cells", "nasbench201", (Metric("val_accuracy", unit="%"), Metric("latency", Direction.MINIMIZE, "ms")))

T = TypeVar("T")


class WatchedStore(SqlObservationStore):
    """A real store; a test can make it fail, and see what it was asked to write."""

    def __init__(self, store: SqlObservationStore) -> None:
        super().__init__(store.engine, store._release)
        self.before_append: Callable[[], None] = lambda: None
        self.before_read: Callable[[], None] = lambda: None

    def append_each(
        self, batches: Sequence[tuple[str, Sequence[Observation]]], checked: Sequence[StudyIdentity] | None = None
    ) -> list[Appended | EmproxError]:
        self.before_append()
        return super().append_each(batches, checked)

    def observations(
        self, study: str, after: int = 0, as_of: int | None = None, *, retracted: bool = False
    ) -> Iterator[Observation]:
        self.before_read()
        return super().observations(study, after, as_of, retracted=retracted)


class ForgetfulCache:
    """Keeps nothing."""

    def load(self, study: str, encoder_checksum: str) -> Snapshot | None:
        return None

    def save(self, study: str, encoder_checksum: str, snapshot: Snapshot) -> None:
        pass

    def forget(self, study: str, but: str | None = None) -> None:
        pass

    def scales(self, fit: Fit, compute: Callable[[], Scales]) -> Scales:
        return compute()


class Running:
    """A loaded predictor over the store of a directory; asks it in a loop of its own.

    Args:
        encoder: of NAS-Bench-201.
        models: where encoders of other spaces are looked for, and newer ones of this.
        study: called "cells".
    """

    def __init__(
        self,
        directory: Path,
        encoder: Encoder,
        *,
        cache: bool = True,
        models: Path = MODELS_DIR,
        study: Study = STUDY,
    ) -> None:
        self.store = WatchedStore(open_sqlite_store(directory))
        self.store.declare(study)
        self.cache = FileStudyCache(directory / "cache") if cache else ForgetfulCache()
        encodings = {"nasbench201": Encoding(SPACE, encoder)}
        encoders = EncoderLibrary(models, directory / "encoders")
        encodings |= {record.name: declared_encoding(record, encoders) for record in self.store.spaces()}
        self.predictor = Predictor(self.store, encodings, encoders, self.cache, make_index)
        self.predictor.load()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.predictor.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def observe(self, *observations: NewObservation) -> ObservationAnswer:
        return asyncio.run(self.predictor.observe("cells", observations))

    def predict(self, *candidates: object, **asked: Any) -> PredictionAnswer:
        return asyncio.run(self.predictor.predict(PredictionQuery("cells", candidates, **asked)))

    def correct(self, *corrections: NewCorrection) -> Appended:
        return asyncio.run(self.predictor.corrections.correct("cells", corrections))

    def describe(self) -> Description:
        return asyncio.run(self.predictor.describe("cells"))

    def fitted(self, n: int) -> Self:
        """Waits until the scales of the accuracy are fitted to n observations."""
        deadline = time.monotonic() + 20
        while (fitted := self.describe().fitted["val_accuracy"]) < n:
            assert time.monotonic() < deadline, f"fitted to {fitted} observations, not to {n}"
        return self


def trained(cell: str, observation_id: str | None = None, **metrics: float) -> NewObservation:
    """A training of a cell, with its made-up accuracy if no metrics are given."""
    return NewObservation(cell, metrics or {"val_accuracy": accuracy(cell)}, observation_id)
