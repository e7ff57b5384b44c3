import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from app.domain.errors import StoreError
from app.predictor.store import ObservationStore
from app.storage import sqlite
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store, read_sqlite_store, sqlite_engine

from .appending_contract import AppendingContract
from .correction_contract import CorrectionContract
from .history_contract import HistoryContract
from .observation_store_contract import CELLS, ObservationStoreContract, ids, numbered
from .space_contract import THREE, SpaceContract
from .training_contract import TrainingContract


class TestSqliteObservationStore(
    ObservationStoreContract, AppendingContract, SpaceContract, CorrectionContract, HistoryContract, TrainingContract
):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ObservationStore]:
        with closing(open_sqlite_store(tmp_path)) as store:
            yield store


@contextmanager
def opened(directory: Path) -> Iterator[ObservationStore]:
    with closing(open_sqlite_store(directory)) as store:
        store.declare(CELLS)
        yield store


@contextmanager
def another_connection(directory: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(directory / DATABASE_FILE, isolation_level=None)) as connection:
        yield connection


def test_store_is_there_again_after_it_was_closed(tmp_path: Path) -> None:
    directory = tmp_path / "made" / "when missing, 100%?"
    with opened(directory) as store:
        store.append("cells", numbered(0, 3))

    with opened(directory) as store:
        assert list(store.observations("cells")) == numbered(0, 3)
        assert store.append("cells", numbered(3, 1)).revision == 2


def test_declared_spaces_are_there_again_after_the_store_was_closed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.declare_space("blocks", THREE)
        records = store.spaces()

    with opened(tmp_path) as store:
        assert store.spaces() == records
        assert not store.declare_space("blocks", THREE)


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    store = open_sqlite_store(tmp_path)

    store.close()
    store.close()


def test_connections_are_durable_patient_and_strict(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / DATABASE_FILE)

    pragmas = ["journal_mode", "synchronous", "busy_timeout", "foreign_keys"]
    with engine.connect() as first, engine.connect() as second:
        found = [[c.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas] for c in (first, second)]
    engine.dispose()

    full = 2
    assert found == [["wal", full, 5000, 1]] * 2


def test_numbers_of_deleted_observations_are_not_used_again(tmp_path: Path) -> None:
    with opened(tmp_path) as store, another_connection(tmp_path) as connection:
        store.append("cells", numbered(0, 3))
        connection.execute("DELETE FROM observations")

        store.append("cells", numbered(3, 1))

        assert connection.execute("SELECT id FROM observations").fetchall() == [(4,)]


def test_observations_are_read_in_order_without_sorting_them(tmp_path: Path) -> None:
    with opened(tmp_path), another_connection(tmp_path) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM observations WHERE study_id = 1 ORDER BY revision, id"
        ).fetchall()

    assert [step[3] for step in plan] == [
        "SEARCH observations USING INDEX ix_observations_study_id_revision (study_id=?)"
    ]


def test_storing_an_observation_goes_through_no_rows_of_its_study(tmp_path: Path) -> None:
    asked = []
    with opened(tmp_path) as store, another_connection(tmp_path) as connection:
        sqlite_of_store = store.engine  # type: ignore[attr-defined]
        event.listen(sqlite_of_store, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        store.append("cells", numbered(0, 3))
        plans = [
            connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            for statement, values in asked
            if statement.startswith("SELECT")
        ]

    of_observations = [step[3] for plan in plans for step in plan if "observations" in step[3]]
    assert len(of_observations) >= 2
    for step in of_observations:
        assert "observation_id=?" in step or "rowid>?" in step or step == "SEARCH observations", step


def test_a_reader_reads_beside_the_process_that_holds_the_directory(tmp_path: Path) -> None:
    with opened(tmp_path) as store, closing(read_sqlite_store(tmp_path)) as reader:
        store.append("cells", numbered(0, 2))
        histories = reader.histories("cells")
        next(histories)
        store.append("cells", numbered(2, 1))

        assert len(list(histories)) == 1
        assert ids(reader) == ["run-0", "run-1", "run-2"]


def test_a_reader_needs_no_other_process_and_cannot_write(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.append("cells", numbered(0, 2))

    with closing(read_sqlite_store(tmp_path)) as reader:
        assert ids(reader) == ["run-0", "run-1"]
        with pytest.raises(StoreError, match="readonly"):
            reader.append("cells", numbered(2, 1))


def test_a_reader_refuses_a_directory_without_a_database_and_one_of_an_older_program(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"has no database emprox\.sqlite3"):
        read_sqlite_store(tmp_path)

    with opened(tmp_path), another_connection(tmp_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        with pytest.raises(StoreError, match="start the server once"):
            read_sqlite_store(tmp_path)


def test_directory_of_another_process_is_refused_until_that_is_gone(tmp_path: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from app.storage.sqlite import open_sqlite_store\n"
        "store = open_sqlite_store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"

        with pytest.raises(StoreError, match=f"{tmp_path} is held by another emprox: stop that one, or give"):
            open_sqlite_store(tmp_path)
        other.kill()

    open_sqlite_store(tmp_path).close()


def test_refused_directory_stays_with_its_holder(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for _ in range(2):
            with pytest.raises(StoreError, match="another emprox"):
                open_sqlite_store(tmp_path)

        assert store.append("cells", numbered(0, 1)).revision == 1


@pytest.mark.parametrize("below", ["", "directory"])
def test_file_in_the_place_of_the_directory_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(StoreError, match=r"data.* cannot be used \(a file is in its place\): name a directory"):
        open_sqlite_store(tmp_path / "data" / below)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_directory_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match=rf"{tmp_path} cannot be used \(Permission denied\): name a directory"):
        open_sqlite_store(tmp_path)


def is_no_database(path: Path) -> None:
    path.write_bytes(b"no database at all " * 1000)


def is_cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def is_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [is_no_database, is_cut_short, is_a_directory])
def test_damaged_database_is_refused_and_the_directory_let_go(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    with opened(tmp_path) as store:
        store.append("cells", numbered(0, 1000))
    damage(tmp_path / DATABASE_FILE)

    for _ in range(2):
        with pytest.raises(StoreError, match=f"{tmp_path / DATABASE_FILE} cannot be opened; restore a backup.*: "):
            open_sqlite_store(tmp_path)


def test_damage_that_is_found_later_is_a_store_error(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.append("cells", numbered(0, 1000))
    path = tmp_path / DATABASE_FILE
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) // 2))

    with (
        closing(open_sqlite_store(tmp_path)) as damaged,
        pytest.raises(StoreError, match="the database cannot be read: "),
    ):
        list(damaged.observations("cells"))


def test_write_that_finds_the_database_locked_stores_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 10)
    with opened(tmp_path) as store, another_connection(tmp_path) as connection:
        connection.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="cannot be written, nothing was stored: database is locked"):
            store.append("cells", numbered(0, 2))

        connection.execute("ROLLBACK")
        assert ids(store) == []
        assert store.append("cells", numbered(0, 2)).created == (True, True)


def test_write_that_the_disk_does_not_take_stores_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.append("cells", numbered(0, 2))
        # Files of this process can grow no further, so the pages of the commit cannot be written.
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, limits[1]))
        try:
            with pytest.raises(StoreError, match="cannot be written, nothing was stored: disk I/O error"):
                store.append_each([("cells", numbered(2, 1)), ("cells", numbered(3, 999))])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

        assert ids(store) == ["run-0", "run-1"]
        assert store.append("cells", numbered(2, 1000)).revision == 2
        assert list(store.observations("cells")) == numbered(0, 1002)
