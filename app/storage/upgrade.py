"""What happens to the database of an older program before it is migrated."""

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

from app.domain.errors import StoreError
from app.storage.backup import back_up, free_name, stamp
from app.storage.database_file import SIDE_FILES
from app.storage.schema import HEAD

_log = logging.getLogger(__name__)

FOLDER = "backups"  # in the data directory
_WAY_OUT = "make room, or upgrade without that backup: EMPROX_SKIP_UPGRADE_BACKUP=true (--no-upgrade-backup)"


def before_upgrade(database: Path, schema: str) -> None:
    """Back a database up, in the folder `backups` beside it.

    Raises:
        StoreError: there is no room for that, or the folder cannot be written.
    """
    out = free_name(database.parent / FOLDER / f"emprox-schema-{schema}-{stamp(datetime.now(UTC))}.sqlite3")
    _refuse_lack_of_room(database)
    try:
        out.parent.mkdir(exist_ok=True)
        back_up(database, out)
    except (StoreError, OSError) as err:
        raise StoreError(f"the backup before the upgrade failed, nothing was changed ({err}): {_WAY_OUT}") from err
    # A warning is told by every command, also by those that keep no log.
    _log.warning("database has an older schema, upgrading path=%s from=%s to=%s backup=%s", database, schema, HEAD, out)


def upgrade_without_backup(schema: str) -> None:
    """Say that a database is upgraded, and nothing else."""
    _log.warning("database has an older schema, upgrading without a backup from=%s to=%s", schema, HEAD)


def _refuse_lack_of_room(database: Path) -> None:
    files = [database, *(database.with_name(database.name + suffix) for suffix in SIDE_FILES)]
    needed = sum(path.stat().st_size for path in files if path.exists())
    free = shutil.disk_usage(database.parent).free
    if needed > free:
        raise StoreError(
            f"database {database} is of an older emprox, and the backup before its upgrade takes "
            f"{needed / 1e6:.1f} MB where {free / 1e6:.1f} MB are free: {_WAY_OUT}"
        )
