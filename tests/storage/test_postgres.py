"""The store over a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, make_url

from app.domain.errors import StoreError, UncertainStoreError
from app.predictor.store import ObservationStore
from app.storage.postgres import open_postgres_store, postgres_engine
from tests.cluster.database import Database

from .appending_contract import AppendingContract
from .correction_contract import CorrectionContract
from .history_contract import HistoryContract
from .observation_store_contract import CELLS, ObservationStoreContract, ids, numbered
from .space_contract import SpaceContract
from .training_contract import TrainingContract


class TestPostgresObservationStore(
    ObservationStoreContract, AppendingContract, SpaceContract, CorrectionContract, HistoryContract, TrainingContract
):
    @pytest.fixture
    def store(self, postgres_database: str) -> Iterator[ObservationStore]:
        with closing(open_postgres_store(postgres_database)) as store:
            yield store


def test_the_store_is_there_again_after_it_was_closed(postgres_database: str) -> None:
    with closing(open_postgres_store(postgres_database)) as store:
        store.declare(CELLS)
        store.append("cells", numbered(0, 3))

    with closing(open_postgres_store(postgres_database)) as store:
        assert ids(store) == ["run-0", "run-1", "run-2"]
        assert store.append("cells", numbered(3, 1)).revision == 2


def test_batches_of_two_processes_get_revisions_without_a_gap(postgres_database: str) -> None:
    """Each waits for the row of the study until the other has committed."""
    with (
        closing(open_postgres_store(postgres_database)) as one,
        closing(open_postgres_store(postgres_database)) as other,
    ):
        one.declare(CELLS)

        found = [store.append("cells", numbered(i, 1)).revision for i, store in enumerate([one, other] * 5)]

        assert found == list(range(1, 11))
        assert ids(one) == ids(other) == [f"run-{i}" for i in range(10)]


def test_a_commit_is_on_the_disk_when_it_returns(postgres_database: str) -> None:
    engine = postgres_engine(postgres_database)
    with engine.connect() as connection:
        (found,) = connection.exec_driver_sql("SHOW synchronous_commit").one()
    engine.dispose()

    assert found == "on"


@pytest.mark.parametrize("url", ["", "postgres", "sqlite:///data.sqlite3", "http://lab/emprox", "mysql://lab/emprox"])
def test_what_is_no_address_of_postgresql_is_told_so(url: str) -> None:
    with pytest.raises(StoreError, match="EMPROX_DATABASE_URL is no address of a PostgreSQL database, such as"):
        open_postgres_store(url)


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="EMPROX_DATABASE_URL and at the server") as found:
        open_postgres_store(f"postgresql://me:secret@/emprox?host={tmp_path}")

    assert "secret" not in str(found.value)


def test_a_database_of_a_newer_program_is_refused(postgres_database: str) -> None:
    open_postgres_store(postgres_database).close()
    engine = postgres_engine(postgres_database)
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("UPDATE compatibility SET oldest = '9998'")
    engine.dispose()

    with pytest.raises(StoreError, match="has schema 9999, and this program knows up to"):
        open_postgres_store(postgres_database)


def test_a_role_that_may_not_make_tables_is_told_so(postgres_database: str, postgres_server: Database) -> None:
    postgres_server.sql("DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;")
    url = make_url(postgres_database).set(username="reader").render_as_string(hide_password=False)

    with pytest.raises(StoreError, match="permission denied for schema public"):
        open_postgres_store(url)


def test_a_connection_that_is_lost_at_the_commit_is_told_from_a_write_that_failed(postgres_database: str) -> None:
    with closing(open_postgres_store(postgres_database)) as store:
        store.declare(CELLS)

        lost: list[int] = []

        def lose(connection: Connection) -> None:
            if lost:
                return
            (own,) = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
            with psycopg.connect(postgres_database) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
            lost.append(own)

        event.listen(store.engine, "commit", lose)
        with pytest.raises(UncertainStoreError, match="may have done it: send the same again"):
            store.append("cells", numbered(0, 3))

        assert store.append("cells", numbered(0, 3)).revision == 1
        assert ids(store) == ["run-0", "run-1", "run-2"]
