"""`emprox keys`: who may do what."""

from typing import Annotated

import typer

from app.cli.options import DataDir, KeysDir
from app.domain.keys import Scope
from app.settings import Settings

_DEFAULTS = Settings()

keys_program = typer.Typer(
    help="Keys: who may do what. From the first one on, nothing but the page's own files goes without; a server that "
    "runs follows within a second.",
    no_args_is_help=True,
)


@keys_program.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="Whose it is, such as 'workers' or 'prometheus'.")],
    scope: Annotated[
        Scope,
        typer.Option(
            help="read: predict and look. write: that, and observe, suggest, declare studies and correct. admin: "
            "everything, also delete studies, declare spaces and switch encoders."
        ),
    ] = Scope.WRITE,
    study: Annotated[
        list[str] | None,
        typer.Option(help="Bind it to a study; may be given several times. Default all.", show_default=False),
    ] = None,
    expires_days: Annotated[
        float | None,
        typer.Option(min=0.001, max=36_500, help="Days after which it expires. Default never.", show_default=False),
    ] = None,
    data_dir: DataDir = _DEFAULTS.data_dir,
    keys_dir: KeysDir = _DEFAULTS.keys_dir,
) -> None:
    """Make a key, and write it to standard output, once: only a digest of it is kept.

    Example:

        EMPROX_API_KEY=$(emprox keys create workers --scope write --expires-days 90)
    """
    from app.cli.keys_run import create

    create(keys_dir or data_dir, name, scope, study, expires_days)


@keys_program.command("list")
def list_command(data_dir: DataDir = _DEFAULTS.data_dir, keys_dir: KeysDir = _DEFAULTS.keys_dir) -> None:
    """List the keys that were made; nobody can read the keys themselves any more.

    Example:

        emprox keys list --data-dir ./data
    """
    from app.cli.keys_run import show

    show(keys_dir or data_dir)


@keys_program.command("revoke")
def revoke_command(
    key_id: Annotated[str, typer.Argument(help="Id of the key, as 'emprox keys list' tells it.")],
    data_dir: DataDir = _DEFAULTS.data_dir,
    keys_dir: KeysDir = _DEFAULTS.keys_dir,
) -> None:
    """Let a key be of no use; a server that runs refuses it within a second.

    Example:

        emprox keys revoke 3f9a0c27d1
    """
    from app.cli.keys_run import revoke

    revoke(keys_dir or data_dir, key_id)
