"""`emprox backup`: copy the store while it serves."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import DatabaseUrl, DataDir, refuse_database
from app.settings import Settings

_DEFAULTS = Settings()


def backup_command(
    out: Annotated[Path, typer.Argument(help="File to write, or a folder, in which the file is named by the time.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    data_dir: DataDir = _DEFAULTS.data_dir,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
) -> None:
    """Copy the whole store into one file, also while a server runs on the data directory.

    The copy is of one moment, holds everything that was acknowledged before, and was read again and found sound when
    the command ends. Restore it with 'emprox restore'.

    Example:

        emprox backup --data-dir ./data /mnt/backups
    """
    refuse_database(database_url, "back it up with pg_dump")
    from app.cli.backup_run import run_backup

    run_backup(data_dir, out, force=force)
