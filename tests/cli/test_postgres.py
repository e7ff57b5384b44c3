"""Commands where the store is in PostgreSQL."""

from pathlib import Path

import pytest

from tests.cluster.database import Database

from .conftest import Emprox


@pytest.fixture(autouse=True)
def url(postgres_server: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    found = postgres_server.new()
    monkeypatch.setenv("EMPROX_DATABASE_URL", found)
    return found


def test_a_table_is_imported_and_exported(emprox: Emprox, tmp_path: Path, table: Path) -> None:
    assert emprox("import", table, "--metric", "val_accuracy=acc").status == 0

    ran = emprox("export", tmp_path / "out.csv")

    assert "60 observations of 'default' exported" in ran.err
    assert not (tmp_path / "data" / "emprox.sqlite3").exists()


@pytest.mark.parametrize(
    ("command", "way_out"),
    [
        (("backup", "copy.sqlite3"), "back it up with pg_dump"),
        (("restore", "copy.sqlite3"), "restore it with pg_restore"),
        (("check",), "look at it with pg_amcheck"),
    ],
)
def test_what_is_about_the_data_directory_says_what_is_to_be_done_instead(
    emprox: Emprox, command: tuple[str, ...], way_out: str
) -> None:
    error = emprox(*command).error

    assert error.startswith(f"the store is in PostgreSQL (EMPROX_DATABASE_URL): {way_out}, as docs/cluster.md says, or")


def test_the_doctor_looks_at_the_database_and_shows_no_password(
    emprox: Emprox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "PostgreSQL 18" in emprox("doctor").out

    monkeypatch.setenv("EMPROX_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/emprox")
    ran = emprox("doctor")

    assert ran.status == 1
    assert "WRONG database: database postgresql://me:***@127.0.0.1:1/emprox cannot be read" in ran.out
    assert "secret" not in ran.out
