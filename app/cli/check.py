"""`emprox check`: whether store, caches and encoders agree."""

from typing import Annotated

import typer

from app.cli.options import DatabaseUrl, DataDir, ModelsDir, refuse_database
from app.settings import Settings

_DEFAULTS = Settings()


def check_command(
    mend: Annotated[
        bool, typer.Option("--mend", help="Compute all caches anew first; the database is never touched.")
    ] = False,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Look at about so many architectures of each study; default all.")
    ] = None,
    data_dir: DataDir = _DEFAULTS.data_dir,
    models_dir: ModelsDir = _DEFAULTS.models_dir,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
) -> None:
    """Say whether the database is sound, and caches and encoders agree with it.

    Prints a line for each thing looked at: that it is ok, or what is wrong and what to do. Exit status 1 where anything
    is wrong. Changes nothing and works beside a running server, except with --mend.

    Example:

        emprox check --data-dir ./data
    """
    refuse_database(database_url, "look at it with pg_amcheck")
    from app.cli.check_run import run_check

    if not run_check(Settings(data_dir, models_dir), sample, mend=mend):
        raise typer.Exit(1)
