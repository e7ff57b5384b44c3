"""`emprox migrate-store`: move everything between SQLite and PostgreSQL."""

from typing import Annotated

import typer


def migrate_store_command(
    source: Annotated[
        str,
        typer.Argument(
            help="Store to read: sqlite:///DIRECTORY, the data directory, or "
            "postgresql://USER:PASSWORD@HOST/DATABASE; without the password where PGPASSWORD or ~/.pgpass has it."
        ),
    ],
    target: Annotated[
        str, typer.Argument(help="Store to write, in the same way; made when it is missing. No server may run on it.")
    ],
) -> None:
    """Move all that a store holds between SQLite and PostgreSQL, either way, also while a server uses the source.

    Search spaces, studies, observations with their corrections, and suggestions; ids, times and revisions are the same
    there. At the end both are read and compared, and a line for each study says so. Run it again to go on after it was
    stopped, and to bring along what came since. A target that has something else is refused before anything is written.

    Example:

        emprox migrate-store sqlite:///data postgresql://emprox@db.lab/emprox
    """
    from app.cli.migrate_store_run import run_migrate_store

    run_migrate_store(source, target)
