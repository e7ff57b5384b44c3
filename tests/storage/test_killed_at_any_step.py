"""`kill -9` at any step of a backup, restore, migration or snapshot leaves what was before, or what was to be."""

import shutil
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

from app.storage.backup import back_up
from app.storage.restore import restore
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store
from app.storage.study_cache import FileStudyCache

from .dying_process import LARGE, snapshot
from .observation_store_contract import CELLS, ids, numbered
from .released_databases import SCHEMAS, read, released

SOME = 23  # of the steps of a migration, which has two hundred
DYING = Path(__file__).with_name("dying_process.py")


def gets_to_the_end(what: str, directory: Path, backup: Path, step: int) -> bool:
    command = [sys.executable, str(DYING), what, str(directory), str(backup), str(step)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert "Traceback" not in process.stderr
    return process.stdout == "done\n"


def data_directory(path: Path, n: int) -> Path:
    """A directory as a server leaves it that was killed: the last observation is in the log alone."""
    with closing(open_sqlite_store(path / "alive")) as store:
        store.declare(CELLS)
        store.append("cells", numbered(0, n))
        shutil.copytree(path / "alive", path / "data")
    shutil.rmtree(path / "alive")
    return path / "data"


def stored(directory: Path) -> list[str]:
    with closing(open_sqlite_store(directory)) as store:
        return ids(store)


def test_a_backup_that_is_killed_is_not_there_and_the_store_is(tmp_path: Path) -> None:
    data, out = data_directory(tmp_path, 50), tmp_path / "out.sqlite3"

    for step in count(1):
        done = gets_to_the_end("backup", data, out, step)
        if out.exists():
            break  # the rename was the step before
        assert not done
    assert step > 5
    assert len(stored(data)) == 50
    (tmp_path / "new").mkdir()
    shutil.copy(out, tmp_path / "new" / DATABASE_FILE)
    assert len(stored(tmp_path / "new")) == 50


def test_a_restore_that_is_killed_leaves_the_store_before_or_the_backup(tmp_path: Path) -> None:
    template, backup = data_directory(tmp_path / "template", 50), tmp_path / "backup.sqlite3"
    back_up(data_directory(tmp_path / "other", 20) / DATABASE_FILE, backup)
    found = []

    for step in count(1):
        data = shutil.copytree(template, tmp_path / f"killed at {step}")
        done = gets_to_the_end("restore", data, backup, step)
        aside = [path for path in data.glob("*.before-restore-*Z") if not path.samefile(data / DATABASE_FILE)]
        found.append(len(stored(data)))
        for path in aside:
            shutil.copy(path, data / DATABASE_FILE)
            assert len(stored(data)) == 50
        if done:
            break
        restore(data, backup)  # a second attempt finds nothing in its way
        assert len(stored(data)) == 20
    steps_before = found.count(50)
    assert found == [50] * steps_before + [20] * (len(found) - steps_before)
    assert steps_before > 10
    assert found[-1] == 20


def test_a_migration_that_is_killed_goes_on_with_the_next_start(tmp_path: Path) -> None:
    oldest = SCHEMAS[0]
    with closing(open_sqlite_store(released(oldest, tmp_path / "undisturbed"))) as store:
        expected = read(store)
    for step in count(1, SOME):
        data = released(oldest, tmp_path / f"killed at {step}")
        done = gets_to_the_end("migrate", data, tmp_path, step)

        with closing(open_sqlite_store(data)) as store:
            assert read(store) == expected
        if done:
            break
    assert step > 5 * SOME


def test_a_snapshot_that_is_killed_is_the_one_before_or_the_new_one(tmp_path: Path) -> None:
    template = tmp_path / "template"
    FileStudyCache(template, large=LARGE).save("cells", "encoder", snapshot(3, "first"))
    found = []
    for step in count(1):
        folder = shutil.copytree(template, tmp_path / f"killed at {step}")
        done = gets_to_the_end("save", folder, tmp_path, step)

        kept = FileStudyCache(folder, large=LARGE).load("cells", "encoder")

        assert kept
        n = kept.notes["observations"]
        assert kept.columns["points"].rows.tolist() == [[float(n)] * LARGE] * n
        found.append(n)
        if done:
            break
    assert sorted(found, reverse=True) == found
    assert set(found) == {3, 2}
