"""The `emprox` program: one file per command."""

import sys

import typer

from app.cli.backup import backup_command
from app.cli.check import check_command
from app.cli.doctor import doctor_command
from app.cli.evaluate import evaluate_command
from app.cli.export import export_command
from app.cli.import_table import import_command
from app.cli.keys import keys_program
from app.cli.migrate_store import migrate_store_command
from app.cli.restore import restore_command
from app.cli.serve import serve_command
from app.cli.train import train_command
from app.domain.errors import EmproxError

program = typer.Typer(
    name="emprox",
    help="Performance estimates for neural architecture search, from the architectures that were already trained.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
program.command("serve")(serve_command)
program.command("train")(train_command)
program.command("export")(export_command)
program.command("import")(import_command)
program.command("evaluate")(evaluate_command)
program.command("backup")(backup_command)
program.command("restore")(restore_command)
program.command("migrate-store")(migrate_store_command)
program.command("check")(check_command)
program.command("doctor")(doctor_command)
program.add_typer(keys_program, name="keys")


def variables() -> set[str]:
    """The `EMPROX_*` variables that commands take."""
    commands = typer.main.get_command(program).commands.values()  # type: ignore[attr-defined]
    return {option.envvar for command in commands for option in command.params if getattr(option, "envvar", None)}


def odd_settings() -> list[str]:
    """What is wrong with the variables that `emprox serve` would read, in words."""
    command = typer.main.get_command(program).commands["serve"]  # type: ignore[attr-defined]
    try:
        command.make_context("serve", [])
    except Exception as err:  # noqa: BLE001  # typer's own class of it is private
        name = getattr(getattr(err, "param", None), "envvar", None)
        return [f"{name}: {getattr(err, 'message', None) or err}"]
    return []


def main() -> None:
    """Run the program; an error of the domain is a message and exit status 1, never a traceback."""
    try:
        program()
    except EmproxError as err:
        print(f"emprox: {err}", file=sys.stderr)
        sys.exit(1)
