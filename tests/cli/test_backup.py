"""`emprox backup` and `emprox restore` as they are run."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from app.storage.sqlite import open_sqlite_store

from .conftest import Emprox


@pytest.fixture
def data(emprox: Emprox, table: Path, tmp_path: Path) -> Path:
    """The data directory, with sixty observations."""
    assert emprox("import", table, "--metric", "val_accuracy=acc").status == 0
    return tmp_path / "data"


def observations(data: Path) -> int:
    with closing(open_sqlite_store(data)) as store:
        return store.study("default").n_observations


def test_a_backup_says_what_is_in_it(emprox: Emprox, data: Path, tmp_path: Path) -> None:
    ran = emprox("backup", tmp_path / "out.sqlite3")

    assert (ran.status, ran.out) == (0, "")
    assert re.fullmatch(r".*/out\.sqlite3: 1 study, 60 observations, schema \d{4}, 0\.\d MB, \d\.\d s\n", ran.err)


def test_in_a_folder_a_backup_is_named_by_the_time(emprox: Emprox, data: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()

    assert emprox("backup", tmp_path / "backups").status == 0

    (made,) = (tmp_path / "backups").iterdir()
    assert re.fullmatch(r"emprox-\d{8}T\d{6}Z\.sqlite3", made.name)


def test_a_backup_that_is_there_is_replaced_with_force_alone(emprox: Emprox, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.sqlite3"
    out.write_text("precious")

    assert emprox("backup", out).error == f"{out} is there already: name another file, or replace it with --force"
    assert emprox("backup", "--force", out).status == 0


def test_without_a_database_there_is_no_backup(emprox: Emprox, tmp_path: Path) -> None:
    ran = emprox("backup", tmp_path / "out.sqlite3")

    assert ran.error.startswith(f"there is no database {tmp_path / 'data' / 'emprox.sqlite3'}: name the data directory")
    assert list(tmp_path.iterdir()) == []


def test_a_restore_says_where_the_store_before_is(emprox: Emprox, data: Path, table: Path, tmp_path: Path) -> None:
    emprox("backup", tmp_path / "out.sqlite3")
    (tmp_path / "more.csv").write_text(table.read_text())
    emprox("import", tmp_path / "more.csv", "--metric", "val_accuracy=acc")
    assert observations(data) == 120

    ran = emprox("restore", tmp_path / "out.sqlite3")

    assert (ran.status, ran.out) == (0, "")
    assert "emprox.sqlite3: 1 study, 60 observations, " in ran.err
    before = Path(ran.err.strip().rpartition(" is ")[2])
    assert observations(data) == 60
    assert emprox("restore", before).status == 0
    assert observations(data) == 120


def test_a_restore_of_what_is_no_backup_is_refused(emprox: Emprox, data: Path, table: Path) -> None:
    assert emprox("restore", table).error.startswith(f"{table} is not a SQLite database: name a file that")
    assert observations(data) == 60
