"""Puts the parts together; the only place that knows which adapter stands behind which protocol."""

import gc
import logging
import os
from collections.abc import Collection
from contextlib import ExitStack
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from app.api.application import create_application
from app.api.hosts import LOOPBACK, without_port
from app.domain.errors import KeyFileError, SpaceConflictError, StoreError, UnknownStudyError
from app.domain.study import Metric, Study
from app.encoder.library import EncoderLibrary
from app.index.choose import HNSW_FROM, make_index
from app.index.hnsw import HnswIndex
from app.predictor.encoding import Encoding
from app.predictor.known_points import NewIndex
from app.predictor.ports import Encoders, NeighborIndex, Shared
from app.predictor.predictor import Predictor
from app.predictor.space_loader import declared_encoding
from app.settings import Search, Settings
from app.spaces.declared.folder import declarations_in
from app.spaces.registry import get_space, space_names
from app.storage.key_file import KEY_FILE, KeyFile
from app.storage.observation_store import SqlObservationStore
from app.storage.pgvector import PgVectorIndexes
from app.storage.postgres import open_postgres_store, read_postgres_store
from app.storage.postgres_changes import PostgresChanges
from app.storage.postgres_leases import PostgresLeases
from app.storage.shared_study_cache import SharedStudyCache
from app.storage.sqlite import open_sqlite_store, read_sqlite_store
from app.storage.study_cache import FOLDER, FileStudyCache

_log = logging.getLogger(__name__)

# OpenTelemetry's own names for where traces go.
_COLLECTORS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NEW_OBJECTS = 10_000  # that may be garbage
KEPT_ENCODERS = "encoders"  # folder in the data directory
DEFAULT_STUDY = Study("default", "nasbench201", (Metric("val_accuracy", unit="%"),))


def limit_threads() -> None:
    """One thread per numerical call.

    Studies are small: with two threads OpenBLAS takes several times as long to fit the scales of 121 observations
    (benchmarks/choices.py).
    """
    threadpool_limits(1)


def new_index(dimension: int, expected_size: int, _key: str = "") -> NeighborIndex:
    """An empty index for vectors of a dimension, chosen by about how many of them."""
    return make_index(dimension, expected_size)


def _indexes(settings: Settings, store: SqlObservationStore) -> NewIndex:
    """Makes indexes where the settings say.

    Raises:
        StoreError: that is pgvector, and the store is in no PostgreSQL, or in one without it.
    """
    if settings.search is Search.MEMORY:
        return new_index
    if not settings.database_url:
        raise StoreError(
            "EMPROX_SEARCH is pgvector, and there is no PostgreSQL: name one by EMPROX_DATABASE_URL, or set "
            "EMPROX_SEARCH=memory"
        )
    indexes = PgVectorIndexes(store.engine)
    if dropped := indexes.forget_old():
        _log.info("indexes dropped that nobody used tables=%d", dropped)

    def made(dimension: int, expected_size: int, key: str) -> NeighborIndex:
        return new_index(dimension, expected_size) if expected_size < HNSW_FROM else indexes.new(dimension, key)

    return made


def load_index(path: Path, key: str, dimension: int) -> NeighborIndex | None:
    """The index that was saved to a file; None where it is not what was written."""
    return HnswIndex.load(path, key=key, dimension=dimension)


def load_encodings(encoders: Encoders) -> dict[str, Encoding]:
    """The newest encoder of every built-in search space; see `EncoderLibrary.load`."""
    return {name: Encoding(get_space(name), encoders.load(get_space(name))) for name in space_names()}


def open_predictor(settings: Settings) -> Predictor:
    """A predictor over the store in the data directory, with the default study; not loaded yet.

    Raises:
        CheckpointError: an encoder cannot be used.
        InvalidSpaceError, SpaceConflictError: a file in the folder of search spaces cannot be followed.
        StoreError: the data directory cannot be used.
    """
    encoders = EncoderLibrary(settings.models_dir, settings.data_dir / KEPT_ENCODERS)
    built_in = load_encodings(encoders)
    with ExitStack() as stack:
        shared = _shared(settings)
        if shared:
            stack.callback(shared.changes.close)
        store = open_store(settings, shared)
        stack.callback(store.close)
        # A space that was declared before the program came to have one of its name is the one that studies know.
        encodings = built_in | {record.name: declared_encoding(record, encoders) for record in store.spaces()}
        folder = settings.data_dir / FOLDER
        # With pgvector, one that was kept when the index was in memory is of no use.
        load = load_index if settings.search is Search.MEMORY else None
        cache = SharedStudyCache(folder, load, store, shared.leases) if shared else FileStudyCache(folder, load)
        predictor = Predictor(
            store, encodings, encoders, cache, _indexes(settings, store), settings.queue_limit, shared
        )
        stack.pop_all()
    return predictor


def _shared(settings: Settings) -> Shared | None:
    if not settings.database_url:
        return None
    return Shared(PostgresChanges(settings.database_url), PostgresLeases(settings.database_url))


def open_store(settings: Settings, shared: Shared | None = None) -> SqlObservationStore:
    """The store, with the default study and the search spaces of the folder.

    It is that of the database that the settings name, where they do, and else the one in the data directory.

    Raises:
        InvalidSpaceError, SpaceConflictError: a file in the folder of search spaces cannot be followed.
        StoreError: the data directory or the database cannot be used.
    """
    with ExitStack() as stack:
        if settings.database_url:
            written = shared.changes.tell if shared else lambda: None
            store = open_postgres_store(settings.database_url, settings.data_dir, written)
        else:
            store = open_sqlite_store(settings.data_dir, upgrade_backup=settings.upgrade_backup)
        stack.callback(store.close)
        _declare_default(store)
        _declare_spaces(store, _spaces_folder(settings), space_names())
        stack.pop_all()
    return store


def read_store(settings: Settings) -> SqlObservationStore:
    """The store to read from, also while servers run.

    Raises:
        StoreError: there is none, or it is damaged or of another version of this program.
    """
    if settings.database_url:
        return read_postgres_store(settings.database_url)
    return read_sqlite_store(settings.data_dir)


def build_application(settings: Settings) -> FastAPI:
    """The web application; see `open_predictor` for further errors.

    Raises:
        KeyFileError: the keys cannot be read, or there are none and other machines could ask.
    """
    if settings.keys_dir and not settings.keys_dir.is_dir():
        raise KeyFileError(
            f"EMPROX_KEYS_DIR {settings.keys_dir} is no folder: make it, or name the one that has the keys"
        )
    keys = KeyFile(settings.keys_folder)
    _refuse_strangers(settings, keys)
    predictor = open_predictor(settings)
    return create_application(
        predictor,
        keys,
        settings.max_body_bytes,
        settings.encoder_check_s,
        spare_collector,
        settings.max_connections,
        partial(_allowed_hosts, settings, keys, alone=is_alone(settings)),
        traced=_traced(),
    )


def _traced() -> bool:
    """Whether the environment names a collector of traces."""
    if not any(os.environ.get(name) for name in _COLLECTORS):
        return False
    # The end waits for what is still to be told, twice; by default a collector that is away takes it 10 s each.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
    return True


def _refuse_strangers(settings: Settings, keys: KeyFile) -> None:
    if keys.required:
        return
    if settings.keys_required:
        raise KeyFileError(
            f"EMPROX_KEYS_REQUIRED is set, and there are no keys in {settings.keys_folder}: make one with "
            f"'emprox keys create', or bring {KEY_FILE} along from where it is"
        )
    in_container = settings.published != "nowhere"
    address, alone = settings.published if in_container else f"{settings.host}:{settings.port}", is_alone(settings)
    if not (alone or settings.without_keys):
        raise KeyFileError(
            f"{address} can be reached from other machines, and there are no keys: make one with 'emprox keys create', "
            "be there on 127.0.0.1 alone, or set EMPROX_WITHOUT_KEYS=true where something else keeps strangers out"
        )
    told = "there are no keys: whoever reaches %s may read and write everything"
    _log.log(logging.INFO if alone else logging.WARNING, told, address)


def _allowed_hosts(settings: Settings, keys: KeyFile, *, alone: bool) -> Collection[str] | None:
    if settings.allowed_hosts not in {"auto", "*"}:
        return frozenset(map(without_port, settings.allowed_hosts.split(","))) - {""}
    all_may_ask = settings.allowed_hosts == "*" or keys.required or not alone
    return None if all_may_ask else LOOPBACK | {settings.host}


def is_alone(settings: Settings) -> bool:
    """Whether only programs of this machine reach the server."""
    if settings.published != "nowhere":
        return _is_loopback(settings.published.rpartition(":")[0].strip("[]"))
    return _is_loopback(settings.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def spare_collector() -> None:
    """Let the garbage collector leave alone what is there by now, which stays: libraries, encoders and studies.

    Looking through all of it stops every answer meanwhile. What is new it looks through less often than by default: a
    large request is tens of thousands of objects, all of them in use until it is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def _declare_default(store: SqlObservationStore) -> None:
    """Make the default study where there is none; one that was declared otherwise stays."""
    try:
        store.study(DEFAULT_STUDY.name)
    except UnknownStudyError:
        store.declare(DEFAULT_STUDY)


def _spaces_folder(settings: Settings) -> Path | None:
    """The folder of search spaces, if there is one; one that is named has to be there."""
    beside_data = settings.data_dir / "spaces"
    return settings.spaces_dir or (beside_data if beside_data.is_dir() else None)


def _declare_spaces(store: SqlObservationStore, folder: Path | None, built_in: Collection[str]) -> None:
    for name, (path, declaration) in (declarations_in(folder) if folder else {}).items():
        if name in built_in:
            raise SpaceConflictError(f"{path}: search space {name!r} comes with this program: rename the file")
        try:
            store.declare_space(name, declaration)
        except SpaceConflictError as err:
            raise SpaceConflictError(f"{path}: {err}") from err
