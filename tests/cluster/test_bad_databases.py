"""A database that cannot be shared is told so at the start: one sentence that says what to do, and no server."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from app.domain.errors import StoreError
from app.storage import postgres as postgres_module
from app.storage.postgres import open_postgres_store
from tests.process.server_process import refused, serving

from .database import Database


def told(data_dir: Path, url: str) -> str:
    """The only line that the server says before it ends."""
    status, lines = refused(data_dir, EMPROX_DATABASE_URL=url)
    assert status == 1
    (line,) = lines
    assert line.startswith("emprox: ")
    return line


@pytest.mark.parametrize("url", ["lab", "sqlite:///data/emprox.sqlite3", "mysql://lab/emprox"])
def test_what_is_no_address_of_postgresql(url: str, tmp_path: Path) -> None:
    assert "EMPROX_DATABASE_URL is no address of a PostgreSQL database, such as" in told(tmp_path, url)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    line = told(tmp_path / "data", "postgresql://me:secret@127.0.0.1:1/emprox")

    assert "cannot be used: look at EMPROX_DATABASE_URL and at the server" in line
    assert "refused" in line
    assert "secret" not in line


def test_a_database_that_is_not_there(postgres_server: Database, tmp_path: Path) -> None:
    url = make_url(postgres_server.new()).set(database="nowhere").render_as_string(hide_password=False)

    assert 'database "nowhere" does not exist' in told(tmp_path, url)


def test_a_schema_that_is_newer_than_the_program(postgres_server: Database, tmp_path: Path) -> None:
    url = postgres_server.new()
    open_postgres_store(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE compatibility SET oldest = '9999'")

    assert "has schema 9999, and this program knows up to" in told(tmp_path, url)


def test_a_role_that_may_not_make_tables(postgres_server: Database, tmp_path: Path) -> None:
    url = postgres_server.new()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE ROLE guest LOGIN")

    line = told(tmp_path, make_url(url).set(username="guest").render_as_string(hide_password=False))

    assert "permission denied for schema public" in line


def test_a_data_directory_that_another_server_has(postgres_server: Database, tmp_path: Path) -> None:
    url = postgres_server.new()
    with serving(tmp_path / "data", EMPROX_DATABASE_URL=url):
        assert "is held by another emprox: stop that one, or give this one a directory of its own" in told(
            tmp_path / "data", url
        )


def test_a_postgresql_that_is_too_old(postgres_server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_module, "_OLDEST", 190_000)

    with pytest.raises(StoreError, match="is of PostgreSQL 18, and this program needs 19 or later"):
        open_postgres_store(postgres_server.new())
