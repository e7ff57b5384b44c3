"""The index in a real PostgreSQL with pgvector."""

import time
from collections.abc import Iterator
from itertools import count

import numpy as np
import psycopg
import pytest

from app.domain.errors import StoreError
from app.index.exact import ExactIndex
from app.storage import pgvector
from app.storage.pgvector import PgVectorIndex, PgVectorIndexes
from app.storage.postgres import postgres_engine
from tests.cluster.database import Database

from .contract import NeighborIndexContract, points

_keys = count()


@pytest.fixture(scope="module")
def url(postgres_server: Database) -> str:
    return postgres_server.new()


@pytest.fixture(scope="module")
def indexes(url: str) -> Iterator[PgVectorIndexes]:
    engine = postgres_engine(url)
    yield PgVectorIndexes(engine)
    engine.dispose()


class TestPgVectorIndex(NeighborIndexContract):
    @pytest.fixture(autouse=True)
    def _in(self, indexes: PgVectorIndexes) -> None:
        self._indexes = indexes

    def make(self, dimension: int) -> PgVectorIndex:
        return self._indexes.new(dimension, f"cells {next(_keys)}")


def test_servers_that_hold_the_same_share_a_table(indexes: PgVectorIndexes) -> None:
    vectors = points(300, 8)
    one, other = (indexes.new(8, "shared key") for _ in range(2))
    one.add(vectors[:200])
    other.add(vectors[:100])

    assert other.search(vectors[150:151], 1)[0][0, 0] < 100  # what the other one added is not here yet
    other.add(vectors[100:])
    one.add(vectors[200:])

    for index in (one, other):
        assert index.search(vectors, 1)[0][:, 0].tolist() == list(range(300))
    assert indexes.new(8, "shared key")._stored == 300


def test_another_study_is_another_table(indexes: PgVectorIndexes) -> None:
    indexes.new(4, "one key").add(points(5, 4))

    other = indexes.new(4, "other key")
    other.add(points(5, 4, seed=1))

    assert not other.search(points(5, 4, seed=1), 1)[1].any()


def test_a_graph_is_made_of_many_and_finds_nearly_all_of_the_nearest(
    indexes: PgVectorIndexes, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgvector, "GRAPH_FROM", 3000)
    vectors, queries = points(4000, 16), points(50, 16, seed=1)
    index, exact = indexes.new(16, "many key"), ExactIndex(16)
    for part in (vectors[:2000], vectors[2000:]):
        index.add(part)
        exact.add(part)

    _wait_for_graph(url, index)

    found, wanted = index.search(queries, 20)[0], exact.search(queries, 20)[0]
    recall = np.mean([len(set(one) & set(other)) / 20 for one, other in zip(found, wanted, strict=True)])
    assert recall > 0.97


def test_what_nobody_uses_any_more_is_dropped(indexes: PgVectorIndexes, url: str) -> None:
    index = indexes.new(4, "left key")
    index.add(points(5, 4))

    assert indexes.forget_old("0 seconds") > 0

    with pytest.raises(StoreError, match="the index in the database cannot be used"):
        index.search(points(1, 4), 1)


def test_a_database_without_pgvector_that_may_not_be_installed_is_told_so(postgres_server: Database) -> None:
    url = postgres_server.new()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE ROLE nobody LOGIN")

    engine = postgres_engine(url.replace("postgres:@", "nobody:@"))
    with pytest.raises(StoreError, match="has not that extension: install it in PostgreSQL and run 'CREATE EXTENSION"):
        PgVectorIndexes(engine)
    engine.dispose()


def _wait_for_graph(url: str, index: PgVectorIndex) -> None:
    wanted = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
    deadline = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(wanted, (f"{index._table}_graph",)).fetchone() != (True,):
            assert time.monotonic() < deadline, "no graph"
            time.sleep(0.05)
