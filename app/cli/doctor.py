"""`emprox doctor`: what is configured, what is wrong, and what to do."""

from typing import Annotated

import typer

from app.cli.options import DataDir, ModelsDir
from app.settings import Settings

_DEFAULTS = Settings()


def doctor_command(
    data_dir: DataDir = _DEFAULTS.data_dir,
    models_dir: ModelsDir = _DEFAULTS.models_dir,
    host: Annotated[str, typer.Option(envvar="EMPROX_HOST", help="Where the server listens.")] = _DEFAULTS.host,
    port: Annotated[
        int, typer.Option(envvar="EMPROX_PORT", min=0, max=65535, help="Where the server listens.")
    ] = _DEFAULTS.port,
    published: Annotated[
        str, typer.Option(envvar="EMPROX_PUBLISHED", help="As the server has it.")
    ] = _DEFAULTS.published,
    without_keys: Annotated[
        bool,
        typer.Option("--without-keys", envvar="EMPROX_WITHOUT_KEYS", help="As the server has it."),
    ] = _DEFAULTS.without_keys,
) -> None:
    """Look at settings, machine, disk, keys and server, from where and as whom the server runs; changes nothing.

    Prints a line for each thing: ok, or what is wrong and what to do. Exit status 1 where anything is wrong. What is in
    the database is 'emprox check's to look at.

    Example:

        emprox doctor --data-dir ./data
    """
    from app.cli.doctor_run import run_doctor

    settings = Settings(
        data_dir=data_dir, models_dir=models_dir, host=host, port=port, published=published, without_keys=without_keys
    )
    if not run_doctor(settings):
        raise typer.Exit(1)
