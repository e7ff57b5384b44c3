"""`emprox export`: write a study to a file."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import DatabaseUrl, DataDir
from app.exchange.formats import Format
from app.settings import Settings

_DEFAULTS = Settings()


def export_command(
    out: Annotated[
        Path,
        typer.Argument(help="File to write, .csv, .jsonl, .ndjson or .parquet; text also .gz. - for standard output."),
    ],
    study: Annotated[str, typer.Option(help="Study to export.")] = "default",
    format: Annotated[  # noqa: A002  # the option's name
        Format | None, typer.Option(help="Default: what the name of the file ends in.", show_default=False)
    ] = None,
    as_of: Annotated[
        int | None, typer.Option(min=0, help="The study as it was at this revision; default as it is.")
    ] = None,
    data_dir: DataDir = _DEFAULTS.data_dir,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
) -> None:
    """Write all observations of a study to a file, with ids, times, failures and corrections; a server may be running.

    `emprox import` restores the file without loss. The file is there once it is whole.

    Example:

        emprox export --study default cells.parquet

        emprox export --study default --format ndjson - | gzip > cells.jsonl.gz
    """
    from app.cli.export_run import run_export

    run_export(out, study, format, as_of, Settings(data_dir, database_url=database_url or None))
