import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.domain.errors import StoreError
from app.storage.schema import HEAD, MIGRATIONS, migrate
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store, sqlite_engine
from app.storage.tables import metadata


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = sqlite_engine(tmp_path / DATABASE_FILE)
    yield engine
    engine.dispose()


def definitions(path: Path) -> list[str]:
    """What the tables and indexes were made with; a column that was added later is not on a line of its own."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version' ORDER BY name"
        ).fetchall()
    return [" ".join(sql.split()) for (sql,) in found]


def test_migrations_lead_to_the_tables_of_the_program(engine: Engine) -> None:
    migrate(engine, "new")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrated_tables_are_defined_as_those_of_the_program(engine: Engine, tmp_path: Path) -> None:
    created = sqlite_engine(tmp_path / "created.sqlite3")
    metadata.create_all(created)
    created.dispose()

    migrate(engine, "new")

    assert definitions(tmp_path / DATABASE_FILE) == definitions(tmp_path / "created.sqlite3")


def test_migrated_database_is_left_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(engine, "new")
    monkeypatch.delattr(command, "upgrade")

    migrate(engine, "old")


def test_migration_that_fails_leaves_the_database_as_it_was(engine: Engine, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as connection:
        connection.execute("CREATE TABLE measurements (in_the_way)")
    before = definitions(tmp_path / DATABASE_FILE)

    with pytest.raises(StoreError, match=r"cannot be opened.*measurements already exists"):
        open_sqlite_store(tmp_path)

    assert definitions(tmp_path / DATABASE_FILE) == before


def test_newest_migration_is_the_one_that_opening_compares_with() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]
