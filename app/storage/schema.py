"""Brings a database to the tables that this program works with."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from app.domain.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
HEAD = "0006"  # the newest migration; known here so that a database that has it opens without importing alembic


def migrate(engine: Engine, name: str) -> None:
    """Run the migrations that a database has not seen, all of them or none.

    Args:
        name: of the database, for the message.

    Raises:
        StoreError: the database was made by a newer program.
    """
    current = _current(engine)
    if current != [HEAD]:
        _upgrade(engine, name, set(current))


def check_schema(engine: Engine, name: str) -> None:
    """Pass where a database has seen every migration, and no other.

    Raises:
        StoreError: it was made by an older or a newer program.
    """
    if (current := _current(engine)) != [HEAD]:
        raise StoreError(
            f"database {name} has schema {', '.join(current) or 'none'}, and this program reads {HEAD}: "
            "start the server once, which brings an older one up to date"
        )


def _current(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        stamped = inspect(connection).has_table("alembic_version")
        return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) if stamped else []


def _upgrade(engine: Engine, name: str, current: set[str]) -> None:
    from alembic import command  # noqa: PLC0415  # a third of the time to start, and most starts need none of it
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    unknown = current - {revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if unknown:
        raise StoreError(
            f"database {name} has schema {', '.join(sorted(unknown))}, and this program knows up to {HEAD}: "
            "run the newer emprox that made it, or restore an older backup"
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
