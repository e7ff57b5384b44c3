"""Nearest neighbors in PostgreSQL, by the HNSW graphs of its extension pgvector, for studies that outgrow memory.

Every index has a table of its own, so that a search of one study never goes through the vectors of another. Servers
that hold the same study share its table: they take in its points in the same order, so that a label is the same vector
to all of them, and whoever comes first stores it.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.domain.errors import StoreError
from app.predictor.ports import Float32Array, Int64Array
from app.predictor.vectors import checked_dimension, checked_k, checked_vectors
from app.storage.failures import as_store_errors

_log = logging.getLogger(__name__)

GRAPH_FROM = 10_000  # vectors: below, all of them are compared
M = 16  # links of a vertex, as in memory
EF_CONSTRUCTION = 128
WIDTH = 200  # of the beam of a search; at least twice the neighbors asked for
_CHUNK = 10_000  # vectors sent at once
_FAILED = "the index in the database cannot be used"
_REGISTRY = """
CREATE TABLE IF NOT EXISTS vector_indexes (
    id serial PRIMARY KEY,
    key text NOT NULL UNIQUE,
    used_at timestamptz NOT NULL DEFAULT now()
)"""
# Servers that start at the same time would all make what is not there.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('emprox vectors'))"
_OLD = "30 days"
_DAY_SECONDS = 86_400.0


class PgVectorIndexes:
    """Makes `PgVectorIndex`es in a database.

    Args:
        engine: see `postgres_engine`.

    Raises:
        StoreError: it has no pgvector, and this user may not install it; or it does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with as_store_errors(_FAILED), _transaction(engine) as connection:
            connection.exec_driver_sql(_ALONE)
            if not connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'vector'").first():
                _install(connection)
            connection.exec_driver_sql(_REGISTRY)

    def new(self, dimension: int, key: str) -> "PgVectorIndex":
        """An index, whose table may have its vectors already.

        Args:
            key: what its vectors follow from.

        Raises:
            StoreError: the database fails.
        """
        checked_dimension(dimension)
        digest = hashlib.sha256(f"{key} {dimension}".encode()).hexdigest()
        with as_store_errors(_FAILED), _transaction(self._engine) as connection:
            connection.exec_driver_sql(_ALONE)
            upsert = (
                "INSERT INTO vector_indexes (key) VALUES (%s) "
                "ON CONFLICT (key) DO UPDATE SET used_at = now() RETURNING id"
            )
            (number,) = connection.exec_driver_sql(upsert, (digest,)).one()
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS vectors_{number} "
                f"(label int PRIMARY KEY, vector vector({dimension}) NOT NULL)"
            )
        return PgVectorIndex(self._engine, number, dimension)

    def forget_old(self, used: str = _OLD) -> int:
        """Drop the tables that no server has looked at for so long; how many."""
        with as_store_errors(_FAILED), _transaction(self._engine) as connection:
            gone = f"DELETE FROM vector_indexes WHERE used_at < now() - interval '{used}' RETURNING id"  # noqa: S608  # nosec B608
            numbers = list(connection.exec_driver_sql(gone).scalars())
            for number in numbers:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS vectors_{number}")
        return len(numbers)


class PgVectorIndex:
    """A `NeighborIndex` in a table. Searches see the vectors that were added here, however many others there are."""

    def __init__(self, engine: Engine, number: int, dimension: int) -> None:
        self._engine = engine
        self._number = number
        self._table = f"vectors_{number}"
        self._dimension = dimension
        self._count = 0
        self._adding = threading.Lock()
        with self._reading() as connection:
            self._stored = self._n_stored(connection)
        self._has_graph = False
        self._used = time.monotonic()

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._dimension

    def __len__(self) -> int:
        return self._count

    def save(self, path: Path, *, key: str, n: int) -> bool:  # noqa: ARG002
        """See `NeighborIndex.save`: it is in the database."""
        return False

    def add(self, vectors: Float32Array) -> None:
        """See `NeighborIndex.add`.

        Raises:
            StoreError: the database fails; nothing was added.
        """
        vectors = checked_vectors(vectors, self._dimension)
        with self._adding:
            count = self._count + len(vectors)
            for start in range(max(self._count, self._stored), count, _CHUNK):
                part = slice(start, min(count, start + _CHUNK))
                self._send(start, vectors[part.start - self._count : part.stop - self._count])
            self._stored = max(self._stored, count)
            self._note_use()
            self._count = count
            if count >= GRAPH_FROM and not self._has_graph:
                self._has_graph = True
                threading.Thread(target=self._make_graph, name="graph", daemon=True).start()

    def search(self, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
        """See `NeighborIndex.search`.

        Raises:
            StoreError: the database fails.
        """
        queries = checked_vectors(queries, self._dimension)
        count = self._count
        k = checked_k(k, count)
        labels = np.zeros((len(queries), k), np.int64)
        distances = np.full((len(queries), k), np.inf, np.float32)
        if not labels.size:
            return labels, distances
        nearest = (
            "SELECT q.place, near.label, near.distance FROM unnest(%s::vector[]) WITH ORDINALITY AS q(vector, place), "  # noqa: S608  # nosec B608
            f"LATERAL (SELECT label, vector <-> q.vector AS distance FROM {self._table} WHERE label < %s "
            "ORDER BY vector <-> q.vector LIMIT %s) AS near ORDER BY q.place, near.distance, near.label"
        )
        self._note_use()
        with self._reading() as connection:
            connection.exec_driver_sql(f"SET LOCAL hnsw.ef_search = {min(1000, max(WIDTH, 2 * k))}")
            connection.exec_driver_sql("SET LOCAL hnsw.iterative_scan = strict_order")
            rows = connection.exec_driver_sql(nearest, ([_text(each) for each in queries], count, k)).all()
        found = np.array(rows, dtype=np.float64).reshape(-1, 3)
        place = found[:, 0].astype(np.int64) - 1
        column = np.arange(len(place)) - np.searchsorted(place, place)
        labels[place, column], distances[place, column] = found[:, 1].astype(np.int64), found[:, 2]
        return labels, distances

    def _note_use(self) -> None:
        """Once a day, or it would count as left behind."""
        if time.monotonic() > self._used + _DAY_SECONDS:
            self._used = time.monotonic()
            with as_store_errors(_FAILED), _transaction(self._engine) as connection:
                connection.exec_driver_sql("UPDATE vector_indexes SET used_at = now() WHERE id = %s", (self._number,))

    def _send(self, start: int, vectors: Float32Array) -> None:
        sent = f"INSERT INTO {self._table} SELECT * FROM unnest(%s::int[], %s::vector[]) ON CONFLICT DO NOTHING"  # noqa: S608  # nosec B608
        labels = list(range(start, start + len(vectors)))
        with as_store_errors(_FAILED), _transaction(self._engine) as connection:
            connection.exec_driver_sql(sent, (labels, [_text(each) for each in vectors]))

    def _make_graph(self) -> None:
        """Beside the answers, which compare all vectors until it is there."""
        make = (
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {self._table}_graph ON {self._table} "
            f"USING hnsw (vector vector_l2_ops) WITH (m = {M}, ef_construction = {EF_CONSTRUCTION})"
        )
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT", writes=True) as connection:
                connection.exec_driver_sql("SET statement_timeout = 0")
                connection.exec_driver_sql(make)
                connection.invalidate()  # and with it the setting
        except DBAPIError as err:  # or another server makes it
            _log.warning("no graph of an index, all its vectors are compared table=%s: %s", self._table, err.orig)

    def _n_stored(self, connection: Connection) -> int:
        (found,) = connection.exec_driver_sql(f"SELECT coalesce(max(label) + 1, 0) FROM {self._table}").one()  # noqa: S608  # nosec B608
        return int(found)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with as_store_errors(_FAILED), self._engine.connect() as connection:
            yield connection


def _install(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("CREATE EXTENSION vector")
    except DBAPIError as err:
        raise StoreError(
            "EMPROX_SEARCH is pgvector, and the database has not that extension: install it in PostgreSQL and run "
            f"'CREATE EXTENSION vector' there as its owner, or set EMPROX_SEARCH=memory ({err.orig})"
        ) from err


def _text(vector: Float32Array) -> str:
    """As pgvector reads it, to the last bit."""
    return str(vector.tolist())


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(writes=True).begin() as connection:
        yield connection
