"""`emprox serve`: run the service."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from app.cli.options import (
    DatabaseUrl,
    DataDir,
    Host,
    KeysDir,
    KeysRequired,
    ModelsDir,
    Port,
    Published,
    SkipUpgradeBackup,
    WithoutKeys,
)
from app.logs import LogFormat, set_up
from app.settings import Search, Settings

_DEFAULTS = Settings()


def serve_command(
    data_dir: DataDir = _DEFAULTS.data_dir,
    models_dir: ModelsDir = _DEFAULTS.models_dir,
    host: Host = _DEFAULTS.host,
    port: Port = _DEFAULTS.port,
    max_body_bytes: Annotated[
        int, typer.Option(envvar="EMPROX_MAX_BODY_BYTES", min=1000, help="Largest request body taken.")
    ] = _DEFAULTS.max_body_bytes,
    queue_limit: Annotated[
        int,
        typer.Option(envvar="EMPROX_QUEUE_LIMIT", min=1, help="Requests that wait at most; further ones get a 503."),
    ] = _DEFAULTS.queue_limit,
    spaces_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="EMPROX_SPACES_DIR",
            help="Folder of declared search spaces; default `spaces` in the data directory, where that exists.",
            show_default=False,
        ),
    ] = _DEFAULTS.spaces_dir,
    encoder_check_s: Annotated[
        float,
        typer.Option(
            "--encoder-check-seconds",
            envvar="EMPROX_ENCODER_CHECK_SECONDS",
            min=0.1,
            help="How often to look for encoders that were trained meanwhile.",
        ),
    ] = _DEFAULTS.encoder_check_s,
    skip_upgrade_backup: SkipUpgradeBackup = False,
    max_connections: Annotated[
        int,
        typer.Option(envvar="EMPROX_MAX_CONNECTIONS", min=1, help="Connections at most; further ones get a 503."),
    ] = _DEFAULTS.max_connections,
    allowed_hosts: Annotated[
        str,
        typer.Option(
            envvar="EMPROX_ALLOWED_HOSTS",
            help="Names that the server is asked by, such as 'emprox,10.0.0.5', or * for all; auto: those of loopback "
            "where it listens on that alone and has no keys, else all.",
        ),
    ] = _DEFAULTS.allowed_hosts,
    log_format: Annotated[
        LogFormat, typer.Option(envvar="EMPROX_LOG_FORMAT", help="Lines to read, or one JSON object for each.")
    ] = _DEFAULTS.log_format,
    published: Published = _DEFAULTS.published,
    without_keys: WithoutKeys = _DEFAULTS.without_keys,
    keys_required: KeysRequired = _DEFAULTS.keys_required,
    database_url: DatabaseUrl = _DEFAULTS.database_url,
    keys_dir: KeysDir = _DEFAULTS.keys_dir,
    search: Annotated[
        Search,
        typer.Option(
            envvar="EMPROX_SEARCH",
            help="Where the nearest of many architectures are looked for: in the memory of each server, which is "
            "fastest, or in PostgreSQL by pgvector, for more than memory holds.",
        ),
    ] = _DEFAULTS.search,
) -> None:
    """Run the service.

    Without keys it listens on loopback alone, or has to be told otherwise; 'emprox keys create' makes one.

    One process holds a data directory; a second one on the same directory refuses to start. With EMPROX_DATABASE_URL
    several serve one PostgreSQL database, each with a data directory of its own.

    Example:

        emprox serve --data-dir ./data --port 8000
    """
    from app.bootstrap import build_application, limit_threads
    from app.cli.serve_run import run_server

    set_up(log_format)
    limit_threads()
    # Python's 5 ms would be what a request waits for whenever a study is read or embedded beside it.
    sys.setswitchinterval(0.0005)
    # Uvicorn closes in order, and then gives the signal to whoever handled it before: by default that kills.
    signal.signal(signal.SIGTERM, _exit)
    settings = Settings(
        data_dir,
        models_dir,
        host,
        port,
        max_body_bytes,
        queue_limit,
        spaces_dir,
        encoder_check_s,
        upgrade_backup=not skip_upgrade_backup,
        without_keys=without_keys,
        keys_required=keys_required,
        max_connections=max_connections,
        allowed_hosts=allowed_hosts,
        log_format=log_format,
        published=published,
        database_url=database_url or None,
        keys_dir=keys_dir,
        search=search,
    )
    run_server(build_application(settings), host, port)


def _exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
