"""`emprox restore`: put a backup in the place of the store."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import DatabaseUrl, DataDir, refuse_database
from app.settings import Settings

_DEFAULTS = Settings()


def restore_command(
    backup: Annotated[Path, typer.Argument(help="File that 'emprox backup' made, by this program or an older one.")],
    data_dir: DataDir = _DEFAULTS.data_dir,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
) -> None:
    """Put a backup in the place of the store, while no server runs on the data directory.

    The database that is there is kept beside it, as emprox.sqlite3.before-restore-TIME. A backup that is damaged, or of
    a newer program, is refused, and the store stays as it was; one of an older program is migrated at the next start.

    Example:

        emprox restore --data-dir ./data /mnt/backups/emprox-20240517T120000Z.sqlite3
    """
    refuse_database(database_url, "restore it with pg_restore")
    from app.cli.backup_run import run_restore

    run_restore(data_dir, backup)
