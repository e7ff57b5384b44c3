"""Options that several commands share; each is an `EMPROX_*` variable as well."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path, typer.Option(envvar="EMPROX_DATA_DIR", help="Folder of the database; made when it is missing.")
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
