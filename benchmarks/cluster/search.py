"""Neighbors in the memory of a replica beside neighbors in PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import numpy as np

from app.bootstrap import limit_threads, load_index, new_index
from app.encoder.library import EncoderLibrary
from app.index.exact import ExactIndex
from app.predictor.encoding import Encoding
from app.predictor.loading import load_study
from app.predictor.near_points import NEIGHBORS, NearPoints
from app.predictor.ports import NeighborIndex
from app.proximity.principal import near
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from app.storage.pgvector import PgVectorIndexes
from app.storage.postgres import read_postgres_store
from app.storage.study_cache import FOLDER, FileStudyCache
from benchmarks.cluster.measured import Searched
from benchmarks.cluster.prepared import Prepared, say
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import METRIC, NAME
from benchmarks.serving.notations import Notation, notations
from benchmarks.serving.options import MANY
from benchmarks.serving.process import own_gb, resident_gb
from benchmarks.serving.requests import observe_bodies, predict_bodies
from benchmarks.serving.scaling import SPACE

ASKED = 1_000  # candidates whose neighbors are compared
SEARCHES = ("memory", "pgvector")
_WARM, _SINGLE, _OBSERVED, _MANY = 50, 100, 40, 2  # requests
_AT_ONCE = 100  # queries of a search


def measure(prepared: Prepared, search: str, drawn: Iterator[Notation], recall: float) -> Searched:
    """One replica, on a copy of the database, for it grows."""
    with (
        prepared.copied() as url,
        prepared.replica(url, search) as (port, pid, ready_s),
        Connection(port) as connection,
    ):
        for body in predict_bodies(drawn, _WARM, 1):
            connection.post("/predict", body)
        single = [connection.post("/predict", body)[0] for body in predict_bodies(drawn, _SINGLE, 1)]
        many = [connection.post("/predict", body)[0] for body in predict_bodies(drawn, _MANY, MANY)]
        memory, own = resident_gb(pid), own_gb(pid)
        stored = [connection.post("/observe", body)[0] for body in observe_bodies(drawn, _OBSERVED, 1)]
        database = prepared.database.size(url.partition("?")[0].rpartition("/")[2])
    if search == "memory":
        database -= prepared.vector_bytes()
    found = [float(np.median(each)) for each in (single, many, stored)]
    say(f"neighbors by {search}: {found[0]:.2f} ms a candidate, {found[2]:.2f} ms an observation")
    return Searched(search, recall, found[0], found[1] / MANY, found[2], memory, own, ready_s, database / 1e9)


def recalls(prepared: Prepared) -> dict[str, float]:
    """The share of the true neighbors that each finds, of fresh candidates, among the points that are no anchors."""
    say(f"comparing the neighbors of {ASKED:,} candidates")
    limit_threads()
    data, keys = prepared.data(), []

    def noted(dimension: int, expected_size: int, key: str) -> NeighborIndex:
        keys.append(key)
        return new_index(dimension, expected_size)

    library = EncoderLibrary(MODELS_DIR, data / "encoders")
    encoding = Encoding(get_space(SPACE), library.load(get_space(SPACE)))
    with closing(read_postgres_store(prepared.database.url(prepared.name))) as store:
        state = load_study(NAME, store, encoding, FileStudyCache(data / FOLDER, load_index), noted)
        model = state.models[METRIC]
        points: NearPoints | None = model._target._near  # no answer tells its neighbors' index
        if points is None:
            raise SystemExit("the study has no anchors: name more observations")
        asked = encoding.embed(list(islice(notations(SPACE, seed=3), ASKED)))
        queries = near(points._axes.of_points(model.scales.points(np.stack(asked), model.groups)))
        others = points._points.rows[points._label_of_other.rows]
        exact = ExactIndex(others.shape[1])
        exact.add(others)
        stored = PgVectorIndexes(store.engine).new(others.shape[1], keys[-1])
        if stored._stored < len(others):
            raise SystemExit("the database has not the vectors of this study: remove the folder, and begin anew")
        stored.add(others)  # they are there, and none is sent
        truth = _neighbors(exact, queries)
        indexes: dict[str, NeighborIndex] = {"memory": points._index, "pgvector": stored}
        return {search: _share(truth, _neighbors(index, queries)) for search, index in indexes.items()}


def _neighbors(index: NeighborIndex, queries: np.ndarray) -> np.ndarray:
    parts = [index.search(queries[i : i + _AT_ONCE], NEIGHBORS)[0] for i in range(0, len(queries), _AT_ONCE)]
    return np.concatenate(parts)


def _share(truth: np.ndarray, found: np.ndarray) -> float:
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(truth, found, strict=True)]))
