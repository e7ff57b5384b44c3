"""Options that several commands share; each is an `EMPROX_*` variable as well."""

from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import StoreError

DataDir = Annotated[
    Path, typer.Option(envvar="EMPROX_DATA_DIR", help="Folder of the database; made when it is missing.")
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="EMPROX_DATABASE_URL",
        help="PostgreSQL that several servers share, postgresql://USER:PASSWORD@HOST/DATABASE; better in the "
        "environment, where no list of processes shows the password. Default: SQLite in the data directory.",
        show_default=False,
        show_envvar=True,
    ),
]
KeysDir = Annotated[
    Path | None,
    typer.Option(
        envvar="EMPROX_KEYS_DIR",
        help="Folder of keys.json, which several servers may share; default the data directory.",
        show_default=False,
    ),
]
ModelsDir = Annotated[
    Path, typer.Option(envvar="EMPROX_MODELS_DIR", help="Folder of the trained encoders, SPACE/VERSION/.")
]
ArchitectureColumn = Annotated[
    str,
    typer.Option(
        help="Column that holds the architecture, or the fields of its notation with their columns: "
        "matrix=adjacency,ops=ops, or normal,reduce."
    ),
]
SkipUpgradeBackup = Annotated[
    bool,
    typer.Option(
        "--skip-upgrade-backup",
        "--no-upgrade-backup",
        envvar="EMPROX_SKIP_UPGRADE_BACKUP",
        help="Migrate the database of an older program without a backup of it.",
    ),
]
Host = Annotated[str, typer.Option(envvar="EMPROX_HOST", help="Address to listen on; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option(envvar="EMPROX_PORT", min=0, max=65535, help="Port to listen on.")]
Published = Annotated[
    str,
    typer.Option(
        envvar="EMPROX_PUBLISHED",
        help="In a container: where its port is published, as 127.0.0.1:8000. On loopback it needs no keys.",
    ),
]
WithoutKeys = Annotated[
    bool,
    typer.Option(
        "--without-keys",
        envvar="EMPROX_WITHOUT_KEYS",
        help="Let other machines ask while there are no keys: where something else keeps strangers out.",
    ),
]
KeysRequired = Annotated[
    bool,
    typer.Option(
        "--keys-required",
        envvar="EMPROX_KEYS_REQUIRED",
        help="Start only where there are keys: a data directory that lost its keys.json is not served to everyone.",
    ),
]


def refuse_database(url: str | None, otherwise: str) -> None:
    """Pass where a command is about the store in the data directory.

    Raises:
        StoreError: it is in a PostgreSQL database.
    """
    if url:
        raise StoreError(
            f"the store is in PostgreSQL (EMPROX_DATABASE_URL): {otherwise}, as docs/cluster.md says, or unset it for "
            "the one in the data directory"
        )
