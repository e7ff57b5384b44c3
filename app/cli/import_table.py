"""`emprox import`: load a table of finished trainings into a study."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import ArchitectureColumn, DataDir, ModelsDir, SkipUpgradeBackup
from app.settings import Settings

_DEFAULTS = Settings()


def import_command(
    table: Annotated[Path, typer.Argument(help="CSV table with a header line, or JSON Lines (.jsonl); plain or .gz.")],
    metric: Annotated[
        list[str], typer.Option(help="METRIC=COLUMN, or METRIC where the column has that name; repeat for several.")
    ],
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="PROXY=COLUMN, or PROXY, of each proxy that the study declares; repeat for several."),
    ] = None,
    study: Annotated[str, typer.Option(help="Study to import into.")] = "default",
    architecture: ArchitectureColumn = "arch",
    limit: Annotated[int | None, typer.Option(min=1, help="Import only the first rows.")] = None,
    data_dir: DataDir = _DEFAULTS.data_dir,
    models_dir: ModelsDir = _DEFAULTS.models_dir,
    skip_upgrade_backup: SkipUpgradeBackup = False,
) -> None:
    """Load a table of finished trainings into a study, while no server runs on the data directory.

    Goes the same way as POST /observe. Importing the same table again is harmless: a row that was imported counts once.
    An invalid row ends the import with its number; the batches of 1,000 rows before it stay.

    Example:

        emprox import --study default nasbench201.csv.gz --architecture arch --metric val_accuracy=cifar10_valid
        --limit 1000
    """
    from app.cli.import_run import run_import

    settings = Settings(data_dir, models_dir, upgrade_backup=not skip_upgrade_backup)
    run_import(table, metric, proxy or (), study, architecture, limit, settings)
