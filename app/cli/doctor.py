"""`emprox doctor`: what is configured, what is wrong, and what to do."""

import typer

from app.cli.options import DatabaseUrl, DataDir, Host, KeysDir, KeysRequired, ModelsDir, Port, Published, WithoutKeys
from app.settings import Settings

_DEFAULTS = Settings()


def doctor_command(
    data_dir: DataDir = _DEFAULTS.data_dir,
    models_dir: ModelsDir = _DEFAULTS.models_dir,
    host: Host = _DEFAULTS.host,
    port: Port = _DEFAULTS.port,
    published: Published = _DEFAULTS.published,
    without_keys: WithoutKeys = _DEFAULTS.without_keys,
    keys_required: KeysRequired = _DEFAULTS.keys_required,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
    keys_dir: KeysDir = _DEFAULTS.keys_dir,
) -> None:
    """Look at settings, machine, disk, keys and server, from where and as whom the server runs.

    It changes nothing, and writes one file for a moment to see how fast the disk is.

    Prints a line for each thing: ok, or what is wrong and what to do. Exit status 1 where anything is wrong. What is in
    the database is 'emprox check's to look at.

    Example:

        emprox doctor --data-dir ./data
    """
    from app.cli.doctor_run import run_doctor

    settings = Settings(
        data_dir=data_dir,
        models_dir=models_dir,
        host=host,
        port=port,
        published=published,
        without_keys=without_keys,
        keys_required=keys_required,
        database_url=database_url or None,
        keys_dir=keys_dir,
    )
    if not run_doctor(settings):
        raise typer.Exit(1)
