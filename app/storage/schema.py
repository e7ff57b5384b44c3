"""Brings a database to the tables that this program works with."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.domain.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(engine: Engine, name: str) -> None:
    """Run the migrations that a database has not seen, all of them or none.

    Args:
        name: of the database, for the message.

    Raises:
        StoreError: the database was made by a newer program.
    """
    script = ScriptDirectory(str(MIGRATIONS))
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    if list(current) == script.get_heads():
        return
    unknown = set(current) - {revision.revision for revision in script.walk_revisions()}
    if unknown:
        raise StoreError(
            f"database {name} has schema {', '.join(sorted(unknown))}, and this program knows up to "
            f"{script.get_current_head()}: run the newer emprox that made it, or restore an older backup"
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
