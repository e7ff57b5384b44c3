"""`emprox migrate-store`."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.bootstrap import open_store
from app.domain.correction import Action, Correction
from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.settings import Settings
from app.storage.moving.checksum import line
from app.storage.observation_store import SqlObservationStore
from app.storage.postgres import open_postgres_store, read_postgres_store
from app.storage.sqlite import open_sqlite_store, read_sqlite_store
from tests.cluster.database import Database
from tests.exchange.studies import CELLS, IDS, NOON
from tests.storage.released_databases import released

from .conftest import Emprox

STUDY = Study("cells", "nasbench201", (Metric("val_accuracy"),))
LARGE = 9_000  # observations: what takes some seconds to copy


def trained(i: int) -> Observation:
    cell = CELLS[i % 3]
    return Observation(f"run-{i}", IDS[cell], cell, {"val_accuracy": i / 7}, NOON)


def filled(directory: Path, n: int) -> str:
    """The address of a store with `default`, and with `cells`, of which each hundredth training is retracted."""
    with closing(open_store(Settings(directory))) as store:
        store.declare(STUDY)
        for start in range(0, n, 100):
            store.append("cells", [trained(i) for i in range(start, min(n, start + 100))])
        store.correct("cells", [Correction(f"run-{i}", Action.RETRACT, "mara") for i in range(0, n, 100)])
    return f"sqlite:///{directory}"


@pytest.fixture
def lite(tmp_path: Path) -> str:
    return filled(tmp_path / "data", 250)


def lines(store: SqlObservationStore) -> list[bytes]:
    with closing(store):
        return [line(each) for each in store.histories("cells")]


def test_there_and_back_again_has_the_same_checksum(
    emprox: Emprox, tmp_path: Path, lite: str, postgres_database: str
) -> None:
    there = emprox("migrate-store", lite, postgres_database)
    back = emprox("migrate-store", postgres_database, f"sqlite:///{tmp_path / 'back'}")

    assert (there.status, there.err, back.status) == (0, "", 0)
    assert there.out == back.out
    cells, default = there.out.splitlines()
    assert re.fullmatch(
        r"cells: the same in both, 250 observations \(3 retracted\), 3 corrections, 0 suggestions, revision 4, "
        r"sha256 [0-9a-f]{64}",
        cells,
    )
    assert default.startswith("default: the same in both, 0 observations (0 retracted), 0 corrections")
    assert lines(read_sqlite_store(tmp_path / "back")) == lines(read_sqlite_store(tmp_path / "data"))


def test_a_server_goes_on_with_what_was_moved(
    emprox: Emprox, tmp_path: Path, lite: str, postgres_database: str
) -> None:
    open_store(Settings(tmp_path / "other", database_url=postgres_database)).close()  # has declared `default`

    assert emprox("migrate-store", lite, postgres_database).status == 0

    with closing(open_store(Settings(tmp_path / "other", database_url=postgres_database))) as store:
        assert store.append("cells", [trained(250)]).revision == 5


def killed_again_and_again(source: str, target: str, n_stored: Callable[[], int]) -> list[int]:
    """How many observations the target had when a move was killed, of several that went on one after the other."""
    command = [str(Path(sys.executable).with_name("emprox")), "migrate-store", source, target]
    left = []
    for more in (1, LARGE // 3, LARGE // 3 * 2):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
            while process.poll() is None and n_stored() < more:
                time.sleep(0.02)
            process.kill()
        left.append(n_stored())
    return left


def n_in(store: SqlObservationStore) -> int:
    with closing(store):
        return sum(record.n_observations + record.n_retracted for record in store.studies())


def test_killed_at_any_moment_it_goes_on_where_it_was(emprox: Emprox, tmp_path: Path, postgres_database: str) -> None:
    source, back = filled(tmp_path / "data", LARGE), tmp_path / "back"
    open_postgres_store(postgres_database).close()
    open_sqlite_store(back).close()

    there = killed_again_and_again(source, postgres_database, lambda: n_in(read_postgres_store(postgres_database)))
    assert f"cells: the same in both, {LARGE} obs" in emprox("migrate-store", source, postgres_database).out
    again = killed_again_and_again(postgres_database, f"sqlite:///{back}", lambda: n_in(read_sqlite_store(back)))
    assert (
        f"cells: the same in both, {LARGE} obs" in emprox("migrate-store", postgres_database, f"sqlite:///{back}").out
    )

    for left in (there, again):
        assert 0 < left[0] < LARGE
        assert left == sorted(left)
    assert lines(read_postgres_store(postgres_database)) == lines(read_sqlite_store(tmp_path / "data"))
    assert lines(read_sqlite_store(back)) == lines(read_sqlite_store(tmp_path / "data"))


def test_a_server_writes_the_source_meanwhile_and_running_it_again_brings_that_along(
    emprox: Emprox, tmp_path: Path, lite: str, postgres_database: str
) -> None:
    moved = threading.Event()

    def write(store: SqlObservationStore) -> None:
        i = 250
        while not moved.is_set():
            store.append("cells", [trained(i)])
            i += 1

    with closing(open_sqlite_store(tmp_path / "data")) as store:
        writer = threading.Thread(target=write, args=[store])
        writer.start()
        ran = emprox("migrate-store", lite, postgres_database)
        moved.set()
        writer.join()
        assert ran.status == 0
        assert re.search(r"^cells: the same in both, .*; \d+ observations came since$", ran.out, re.MULTILINE)
        assert ran.out.endswith("the source went on meanwhile: run it again\n")

        again = emprox("migrate-store", lite, postgres_database)

    assert "went on" not in again.out
    assert lines(read_postgres_store(postgres_database)) == lines(read_sqlite_store(tmp_path / "data"))


def test_a_target_that_a_server_holds_is_refused(
    emprox: Emprox, tmp_path: Path, lite: str, postgres_database: str
) -> None:
    emprox("migrate-store", lite, postgres_database)

    with closing(open_sqlite_store(tmp_path / "held")):
        ran = emprox("migrate-store", postgres_database, f"sqlite:///{tmp_path / 'held'}")

    assert ran.error.startswith(f"data directory {tmp_path / 'held'} is held by another emprox: stop that one")


def test_what_the_target_has_beyond_the_source_is_refused(emprox: Emprox, lite: str, postgres_database: str) -> None:
    emprox("migrate-store", lite, postgres_database)
    with closing(open_postgres_store(postgres_database)) as store:
        store.append("cells", [trained(250)])

    error = emprox("migrate-store", lite, postgres_database).error

    assert error.startswith(
        "the target has observation 'run-250' of study 'cells', with its corrections, otherwise than"
    )


def test_a_source_that_is_not_there_makes_no_target(emprox: Emprox, tmp_path: Path) -> None:
    ran = emprox("migrate-store", f"sqlite:///{tmp_path / 'none'}", f"sqlite:///{tmp_path / 'new'}")

    assert "has no database emprox.sqlite3: name one that a server has used" in ran.error
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_not_moved_into_itself(emprox: Emprox, tmp_path: Path, lite: str) -> None:
    assert "the same store" in emprox("migrate-store", lite, f"{lite}/emprox.sqlite3").error


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("mysql://me:secret@lab/emprox", "a store is sqlite:///DIRECTORY or postgresql://"),
        ("postgresql://me:secret@127.0.0.1:1/emprox", "database postgresql://me:***@127.0.0.1:1/emprox cannot be used"),
        ("postgresql://me:secret@127.0.0.1:x/emprox", "the address of the PostgreSQL database cannot be read"),
        ("sqlite:////proc/none", "data directory /proc/none cannot be used"),
    ],
)
def test_a_target_that_cannot_be_used_is_one_sentence_without_a_password(
    emprox: Emprox, lite: str, target: str, reason: str
) -> None:
    error = emprox("migrate-store", lite, target).error

    assert error.startswith(reason)
    assert "secret" not in error


def test_a_role_that_may_not_read_is_one_sentence(
    emprox: Emprox, tmp_path: Path, postgres_database: str, postgres_server: Database
) -> None:
    open_postgres_store(postgres_database).close()
    postgres_server.sql("DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;")
    source = make_url(postgres_database).set(username="reader").render_as_string(hide_password=False)

    assert "permission denied for table" in emprox("migrate-store", source, f"sqlite:///{tmp_path / 'new'}").error


def test_a_source_of_an_older_program_is_refused(emprox: Emprox, tmp_path: Path, postgres_database: str) -> None:
    source = released("0006", tmp_path / "old")

    error = emprox("migrate-store", f"sqlite:///{source}", postgres_database).error

    assert "has schema 0006, and this program reads" in error


def test_an_empty_database_is_no_source(emprox: Emprox, tmp_path: Path, postgres_database: str) -> None:
    assert "has schema none" in emprox("migrate-store", postgres_database, f"sqlite:///{tmp_path / 'new'}").error
