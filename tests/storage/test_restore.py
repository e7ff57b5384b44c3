"""A restored store is the backup; one that is refused leaves the store as it was."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.domain.errors import StoreError
from app.predictor.store import ObservationStore
from app.storage.backup import back_up
from app.storage.restore import restore
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store

from .observation_store_contract import CELLS, ids, numbered


@contextmanager
def opened(directory: Path) -> Iterator[ObservationStore]:
    with closing(open_sqlite_store(directory)) as store:
        store.declare(CELLS)
        yield store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    """A backup of three observations; the store went on to five."""
    with opened(data) as store:
        store.append("cells", numbered(0, 3))
        back_up(data / DATABASE_FILE, tmp_path / "backup.sqlite3")
        store.append("cells", numbered(3, 2))
    return tmp_path / "backup.sqlite3"


def stored(directory: Path) -> list[str]:
    with opened(directory) as store:
        return ids(store)


def run_ids(n: int) -> list[str]:
    return [f"run-{i}" for i in range(n)]


def test_the_store_is_the_backup_and_the_one_before_is_kept(data: Path, backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()

    restored = restore(data, backup)

    assert restored.contents.told == "1 study, 3 observations"
    assert restored.aside is not None
    assert restored.aside.name.startswith(f"{DATABASE_FILE}.before-restore-2")
    assert stored(data) == run_ids(3)
    assert backup.read_bytes() == before
    shutil.copy(restored.aside, data / DATABASE_FILE)
    assert stored(data) == run_ids(5)


def test_observing_goes_on_after_a_restore(data: Path, backup: Path) -> None:
    restore(data, backup)

    with opened(data) as store:
        assert store.append("cells", numbered(2, 3)).created == (False, True, True)


def test_a_store_can_be_restored_where_there_was_none(backup: Path, tmp_path: Path) -> None:
    restored = restore(tmp_path / "new", backup)

    assert restored.aside is None
    assert stored(tmp_path / "new") == run_ids(3)


def killed_amid_writing(data: Path) -> None:
    """Leave the directory as a process does that dies: with a log that holds what the database does not."""
    with opened(data) as store:
        store.append("cells", numbered(5, 5))
        shutil.copytree(data, data.with_name("copy"))
    shutil.rmtree(data)
    data.with_name("copy").rename(data)
    assert (data / f"{DATABASE_FILE}-wal").stat().st_size > 0


def test_the_log_of_the_store_before_is_kept_with_it_and_never_applied_to_the_backup(data: Path, backup: Path) -> None:
    killed_amid_writing(data)

    restored = restore(data, backup)

    assert stored(data) == run_ids(3)
    assert restored.aside is not None
    shutil.copy(restored.aside, data / DATABASE_FILE)  # the one file, without a log beside it
    assert stored(data) == run_ids(10)


def test_a_damaged_store_is_replaced_and_its_log_moved_away_with_it(data: Path, backup: Path) -> None:
    killed_amid_writing(data)
    log = (data / f"{DATABASE_FILE}-wal").read_bytes()
    (data / DATABASE_FILE).write_bytes(b"no database at all " * 1000)

    restored = restore(data, backup)

    assert stored(data) == run_ids(3)
    assert restored.aside is not None
    assert restored.aside.read_bytes().startswith(b"no database")
    assert restored.aside.with_name(f"{restored.aside.name}-wal").read_bytes() == log


def test_a_log_without_its_database_is_not_applied_to_the_backup(data: Path, backup: Path) -> None:
    killed_amid_writing(data)
    (data / DATABASE_FILE).unlink()

    restore(data, backup)

    assert stored(data) == run_ids(3)


def test_restoring_twice_keeps_both_stores(data: Path, backup: Path) -> None:
    first, second = restore(data, backup), restore(data, backup)

    assert first.aside != second.aside
    assert len(list(data.glob("*.before-restore-*"))) == 2


def test_caches_of_studies_are_removed(data: Path, backup: Path) -> None:
    (data / "cache").mkdir()
    (data / "cache" / "cells.cache").write_bytes(b"scales of five observations")

    restore(data, backup)

    assert not (data / "cache").exists()


def test_a_backup_that_was_copied_with_its_log_is_taken_with_it(data: Path, backup: Path, tmp_path: Path) -> None:
    killed_amid_writing(data)
    shutil.move(data, tmp_path / "copied")

    restore(data, tmp_path / "copied" / DATABASE_FILE)

    assert stored(data) == run_ids(10)


def test_a_directory_that_is_held_is_refused_and_stays_as_it_is(data: Path, backup: Path) -> None:
    with opened(data) as store:
        with pytest.raises(StoreError, match=f"{data} is held by another emprox: stop that one"):
            restore(data, backup)

        assert ids(store) == run_ids(5)
        store.append("cells", numbered(5, 1))
    assert stored(data) == run_ids(6)


def test_a_store_that_another_program_reads_is_left_alone(
    data: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.restore.BUSY_SECONDS", 0.01)
    killed_amid_writing(data)
    with closing(sqlite3.connect(data / DATABASE_FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM studies").fetchone()

        with pytest.raises(StoreError, match=r"another program reads database .*: wait for its end"):
            restore(data, backup)

    assert stored(data) == run_ids(10)


def is_text(path: Path) -> None:
    path.write_text("SQLite it is not\n" * 100)


def is_empty(path: Path) -> None:
    path.write_bytes(b"")


def is_cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def is_half_zeros(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))


def is_of_another_application(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")


def is_newer(path: Path) -> None:
    changed(path, "UPDATE alembic_version SET version_num = '9999'")


def misses_rows(path: Path) -> None:
    changed(path, "DELETE FROM metrics")


def is_missing(path: Path) -> None:
    path.unlink()


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (is_text, "backup.sqlite3 is not a SQLite database: name a file that 'emprox backup' made"),
        (is_empty, "backup.sqlite3 is not a SQLite database"),
        (is_cut_short, r"backup.sqlite3 .*database disk image is malformed\): restore an older backup"),
        (is_half_zeros, "backup.sqlite3 (was not restored, the store is as it was|cannot be read)"),
        (is_of_another_application, "backup.sqlite3 is the database of another application: name a file that"),
        (is_newer, r"backup.sqlite3 has schema 9999, and this program knows up to \d{4}: run the newer emprox"),
        (misses_rows, "was not restored, the store is as it was: .*3 rows of measurements belong to rows of metrics"),
        (is_missing, "there is no backup .*backup.sqlite3: name a file that 'emprox backup' made"),
    ],
)
def test_a_file_that_is_no_sound_backup_is_refused_and_the_store_as_it_was(
    data: Path, backup: Path, spoil: Callable[[Path], None], expected: str
) -> None:
    (data / "cache").mkdir()
    before = {path.name: path.stat().st_mtime_ns for path in data.iterdir() if path.is_file()}
    spoil(backup)

    with pytest.raises(StoreError, match=expected):
        restore(data, backup)

    after = {path.name: path.stat().st_mtime_ns for path in data.iterdir() if path.is_file()}
    assert after.keys() == before.keys()
    assert after[DATABASE_FILE] == before[DATABASE_FILE]
    assert (data / "cache").is_dir()
    assert stored(data) == run_ids(5)


def test_the_store_is_not_its_own_backup(data: Path, backup: Path) -> None:
    with pytest.raises(StoreError, match="is the database itself: name a backup of it"):
        restore(data, data / DATABASE_FILE)


def test_second_names_that_a_killed_restore_left_are_removed(data: Path, backup: Path) -> None:
    left = data / f"{DATABASE_FILE}.before-restore-20240517T120000Z"
    left.hardlink_to(data / DATABASE_FILE)
    (data / f"{DATABASE_FILE}.restoring").write_bytes(b"half of it")

    restored = restore(data, backup)

    assert list(data.glob("*restor*")) == [restored.aside]
