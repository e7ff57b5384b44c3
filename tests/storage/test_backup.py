"""A backup holds what the store held at one moment, or is not there."""

import os
import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.domain.errors import StoreError
from app.predictor.store import ObservationStore
from app.storage import database_file
from app.storage.backup import back_up
from app.storage.schema import HEAD
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store

from .observation_store_contract import CELLS, numbered


@contextmanager
def opened(directory: Path) -> Iterator[ObservationStore]:
    with closing(open_sqlite_store(directory)) as store:
        store.declare(CELLS)
        yield store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with 1,200 observations."""
    with opened(tmp_path / "data") as store:
        store.append("cells", numbered(0, 1200))
    return tmp_path / "data"


@pytest.fixture
def database(data: Path) -> Path:
    return data / DATABASE_FILE


def in_place(backup: Path, directory: Path) -> Path:
    """A data directory whose database is the backup."""
    directory.mkdir()
    (directory / DATABASE_FILE).write_bytes(backup.read_bytes())
    return directory


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_one_file_that_holds_everything(data: Path, database: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.sqlite3"

    made = back_up(database, out)

    assert names(tmp_path) == ["data", "out.sqlite3"]
    assert (made.path, made.n_bytes, made.contents.schema) == (out, out.stat().st_size, HEAD)
    assert made.contents.told == "1 study, 1200 observations"
    assert dict(made.contents.revisions) == {"cells": 1}
    with opened(in_place(out, tmp_path / "other")) as store:
        assert list(store.observations("cells")) == numbered(0, 1200)


def test_what_is_still_in_the_log_is_in_the_backup(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        store.append("cells", numbered(0, 3))
        assert (tmp_path / "data" / f"{DATABASE_FILE}-wal").stat().st_size > 0

        made = back_up(tmp_path / "data" / DATABASE_FILE, tmp_path / "out")

    assert made.contents.rows["observations"] == 3


def test_a_backup_is_of_the_moment_when_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_file, "_PAGES", 1)
    with opened(tmp_path / "data") as store:
        store.append("cells", numbered(0, 1000))
        total: list[int] = []

        def write_meanwhile(done: int, pages: int) -> None:
            if len(total) < 5:  # each of them would start a copy anew that reads no transaction
                store.append("cells", numbered(1000 + len(total), 1))
            total.append(pages)

        made = back_up(tmp_path / "data" / DATABASE_FILE, tmp_path / "out", write_meanwhile)

        assert store.study("cells").n_observations == 1005
    assert made.contents.rows["observations"] == 1000
    assert len(total) == total[0], "one step for each page"


def test_writers_and_backups_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        store.append("cells", numbered(0, 1000))
        with closing(sqlite3.connect(tmp_path / "data" / DATABASE_FILE, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")

            made = back_up(tmp_path / "data" / DATABASE_FILE, tmp_path / "out")

    assert made.contents.rows["observations"] == 1000


def test_backups_while_a_thread_writes_are_each_whole(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        written: list[int] = []
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                store.append("cells", numbered(10 * len(written), 10))
                written.append(10)

        thread = threading.Thread(target=write)
        thread.start()
        found = []
        for i in range(10):
            before = 10 * len(written)
            found.append((before, back_up(tmp_path / "data" / DATABASE_FILE, tmp_path / f"{i}").contents))
        stop.set()
        thread.join()

    for before, contents in found:
        n = contents.rows["observations"]
        assert n >= before
        assert contents.rows["measurements"] == n == 10 * contents.revisions["cells"]


def test_a_file_that_is_there_stays_unless_it_is_forced(database: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("precious")

    with pytest.raises(StoreError, match=f"^{out} is there already: name another file, or replace it with --force$"):
        back_up(database, out)
    assert out.read_text() == "precious"

    back_up(database, out, force=True)
    assert out.stat().st_size > 100_000


def test_the_database_is_never_replaced_by_its_backup(database: Path) -> None:
    with pytest.raises(StoreError, match="is the database itself: name another place"):
        back_up(database, database, force=True)


def test_a_missing_folder_is_named(database: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"^there is no folder {tmp_path / 'none'}: make it, or name another place"):
        back_up(database, tmp_path / "none" / "out")


def test_a_directory_without_a_database_is_named_and_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"^there is no database {tmp_path / DATABASE_FILE}: name the data directory"):
        back_up(tmp_path / DATABASE_FILE, tmp_path / "out")

    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(database: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)

    with pytest.raises(StoreError, match="unable to open database file"):
        back_up(database, tmp_path / "closed" / "out")


def test_a_backup_that_the_disk_does_not_take_leaves_nothing(database: Path, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"the copy .* cannot be made: (disk I/O error|database or disk is full)"):
            back_up(database, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert names(tmp_path) == ["data"]


def test_a_damaged_store_makes_no_backup(database: Path, tmp_path: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content[: len(content) // 2] + bytes(len(content) // 2))

    with pytest.raises(StoreError, match=r"is damaged as its source is|cannot be read|cannot be made"):
        back_up(database, tmp_path / "out")

    assert names(tmp_path) == ["data"]


def test_the_database_of_another_application_makes_no_backup(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as connection:
        connection.execute("CREATE TABLE moods (mood)")

    with pytest.raises(StoreError, match="was not made by emprox"):
        back_up(tmp_path / DATABASE_FILE, tmp_path / "out")

    assert not (tmp_path / "out").exists()
