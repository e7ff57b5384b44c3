"""Puts the parts together; the only place that knows which adapter stands behind which protocol."""

from collections.abc import Mapping

from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from app.api.application import create_application
from app.domain.errors import UnknownStudyError
from app.domain.study import Metric, Study
from app.encoder.library import EncoderLibrary
from app.index.choose import make_index
from app.predictor.encoding import Encoding
from app.predictor.ports import NeighborIndex
from app.predictor.predictor import Predictor
from app.settings import Settings
from app.spaces.registry import get_space, space_names
from app.storage.observation_store import SqlObservationStore
from app.storage.sqlite import open_sqlite_store
from app.storage.study_cache import FileStudyCache

DEFAULT_STUDY = Study("default", "nasbench201", (Metric("val_accuracy", unit="%"),))


def limit_threads() -> None:
    """One thread per numerical call.

    Studies are small: with two threads OpenBLAS took 18 times as long to fit the scales of 121 observations
    (benchmarks/choices.py).
    """
    threadpool_limits(1)


def new_index(dimension: int, expected_size: int) -> NeighborIndex:
    """An empty index for vectors of a dimension, chosen by about how many of them."""
    return make_index(dimension, expected_size)


def load_encodings(settings: Settings) -> dict[str, Encoding]:
    """The newest encoder of every built-in search space; see `EncoderLibrary.load`."""
    library = EncoderLibrary(settings.models_dir, settings.data_dir / "encoders")
    return {name: Encoding(get_space(name), library.load(get_space(name))) for name in space_names()}


def open_predictor(settings: Settings) -> Predictor:
    """A predictor over the store in the data directory, with the default study; not loaded yet.

    Raises:
        CheckpointError: an encoder cannot be used.
        StoreError: the data directory cannot be used.
    """
    encodings = load_encodings(settings)
    return _predictor(settings, encodings)


def build_application(settings: Settings) -> FastAPI:
    """The web application; see `open_predictor` for the errors."""
    encodings = load_encodings(settings)
    predictor = _predictor(settings, encodings)
    return create_application(predictor, _versions(encodings), settings.max_body_bytes)


def _predictor(settings: Settings, encodings: Mapping[str, Encoding]) -> Predictor:
    store = open_sqlite_store(settings.data_dir)
    _declare_default(store)
    cache = FileStudyCache(settings.data_dir / "cache")
    return Predictor(store, encodings, cache, new_index, settings.queue_limit)


def _declare_default(store: SqlObservationStore) -> None:
    """Make the default study where there is none; one that was declared otherwise stays."""
    try:
        store.study(DEFAULT_STUDY.name)
    except UnknownStudyError:
        store.declare(DEFAULT_STUDY)


def _versions(encodings: Mapping[str, Encoding]) -> dict[str, str]:
    return {space: f"{encoding.encoder.version} ({encoding.encoder.kind})" for space, encoding in encodings.items()}
