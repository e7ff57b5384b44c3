"""Brings a database to the tables that this program works with."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text, update

from app.domain.errors import StoreError
from app.storage.tables import compatibility

_log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).with_name("migrations")
HEAD = "0008"  # the newest migration; known here so that a database that has it opens without importing alembic


def migrate(engine: Engine, name: str, before_upgrade: Callable[[str], None] = lambda _: None) -> None:
    """Run the migrations that a database has not seen, all of them or none.

    A database of a newer program is left as it is where that only added to it: during an upgrade, both serve it.

    Args:
        name: of the database, for the message.
        before_upgrade: called with the schema of a database that an older program made; not with a new one.

    Raises:
        StoreError: the database was made by a newer program.
    """
    current = _current(engine)
    if current == [HEAD] or _understands(engine, current, name):
        return
    for schema in current:
        refuse_newer(schema, name)
        before_upgrade(schema)
    _upgrade(engine)


def refuse_newer(schema: str, name: str) -> None:
    """Refuse a schema that this program does not know.

    Raises:
        StoreError: the database was made by a newer program.
    """
    if schema != HEAD and schema not in _known():
        raise StoreError(
            f"database {name} has schema {schema}, and this program knows up to {HEAD}: "
            "run the newer emprox that made it, or restore an older backup"
        )


def check_schema(engine: Engine, name: str) -> None:
    """Pass where a database has seen every migration, and no other.

    Raises:
        StoreError: it was made by an older or a newer program.
    """
    current = _current(engine)
    if current != [HEAD] and not _understands(engine, current, name):
        for schema in current:
            refuse_newer(schema, name)
        raise StoreError(
            f"database {name} has schema {', '.join(current) or 'none'}, and this program reads {HEAD}: "
            "start the server once, which brings an older one up to date"
        )


def _current(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        stamped = inspect(connection).has_table("alembic_version")
        return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) if stamped else []


def touch(connection: Connection) -> None:
    """Change a row into what it is: only who may write can."""
    connection.execute(update(compatibility).values(oldest=compatibility.c.oldest))


def _understands(engine: Engine, current: Sequence[str], name: str) -> bool:
    """Whether a database of a newer program has all that this one needs."""
    if not current or max(current) <= HEAD:
        return False
    with engine.connect() as connection:
        oldest = connection.scalar(select(compatibility.c.oldest))
    if oldest is None or oldest > HEAD:
        return False
    _log.warning("database %s has schema %s of a newer program, and has what this one needs", name, ", ".join(current))
    return True


def _known() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # a third of the time to start

    return {revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _upgrade(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415  # as above
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
