"""`emprox import`: load finished trainings into a study."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import DatabaseUrl, DataDir, ModelsDir, SkipUpgradeBackup
from app.domain.errors import EmproxError
from app.settings import Settings

_DEFAULTS = Settings()


def import_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="What emprox export wrote; or a table: CSV with a header line, JSON Lines (.jsonl), plain or .gz, "
            "or Parquet.",
            show_default=False,
        ),
    ] = None,
    study: Annotated[str, typer.Option(help="Study to import into.")] = "default",
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a table: METRIC=COLUMN, or METRIC where the column has that name; repeat for several. "
            "With --optuna: METRIC=INDEX of the objective."
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="PROXY=COLUMN, or PROXY, of each proxy that the study declares; repeat for several."),
    ] = None,
    fidelity: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a table: how its rows were trained, as NAME=NUMBER for all of them, such as epochs=12, or "
            "NAME=COLUMN; repeat for several."
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            help="Column that holds the architecture, default arch; or the fields of its notation with their columns: "
            "matrix=adjacency,ops=ops, or normal,reduce. With --optuna: the parameter or user attribute that holds it."
        ),
    ] = None,
    optuna: Annotated[
        str | None, typer.Option(metavar="STORAGE_URL", help="Import the finished trials of an Optuna storage.")
    ] = None,
    optuna_study: Annotated[
        str | None, typer.Option(metavar="NAME", help="Study of that storage, if it holds several.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Import only the first rows.")] = None,
    skip_invalid: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go on without invalid rows, and write them here as JSON, with the reason."),
    ] = None,
    data_dir: DataDir = _DEFAULTS.data_dir,
    models_dir: ModelsDir = _DEFAULTS.models_dir,
    skip_upgrade_backup: SkipUpgradeBackup = False,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
) -> None:
    """Load finished trainings into a study, while no server runs on the data directory; of a PostgreSQL database,
    servers may be running.

    A file that emprox export wrote is recognized, and restored without loss; the study is declared if it is missing.
    A table, of which --metric names the columns, goes the same way as POST /observe. Importing the same again is
    harmless: a row that was imported counts once. An invalid row ends the import with its number, unless
    --skip-invalid is given; the batches before it stay.

    Example:

        emprox import cells.parquet --study copy

        emprox import nasbench201.csv.gz --architecture arch --metric val_accuracy=cifar10_valid --limit 1000

        emprox import --optuna sqlite:///trials.db --optuna-study blocks --study blocks
    """
    settings = Settings(data_dir, models_dir, upgrade_backup=not skip_upgrade_backup, database_url=database_url or None)
    if (file is None) == (optuna is None):
        raise EmproxError("name a file to import, or an Optuna storage with --optuna")
    if (proxy or fidelity) and (optuna is not None or not metric):
        raise EmproxError(
            "--proxy and --fidelity are of a table, whose columns --metric names: what an export or an Optuna storage "
            "holds has its own, so leave them out"
        )
    if skip_invalid is not None:
        from app.storage.own_files import refuse_own_file

        refuse_own_file(data_dir, skip_invalid)
    if optuna is not None:
        from app.cli.import_rows_run import run_optuna

        run_optuna(optuna, optuna_study, study, architecture, metric or [], limit, skip_invalid, settings)
    elif file is not None and metric:
        from app.cli.import_run import run_import

        run_import(
            file, metric, proxy or (), fidelity or (), study, architecture or "arch", limit, skip_invalid, settings
        )
    elif file is not None:
        from app.cli.import_rows_run import run_restore

        run_restore(file, study, limit, skip_invalid, settings)
