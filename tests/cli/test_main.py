"""What holds of every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import Settings
from tests.docs.code_blocks import code_blocks
from tests.docs.command_page import commands

from .conftest import Emprox

OPERATION = Path(__file__).resolve().parents[2] / "docs" / "operation.md"
SPACES_DOCUMENT = OPERATION.with_name("search-spaces.md")
EXCHANGE_DOCUMENT = OPERATION.with_name("exchange.md")
COMMANDS = [
    "serve", "train", "export", "import", "evaluate", "backup", "restore", "migrate-store", "check", "doctor",
    "keys create", "keys list", "keys revoke",
]  # fmt: skip


def described_settings() -> dict[str, str]:
    """Default of each variable in the table of settings, as it is written."""
    return dict(re.findall(r"^\| `(EMPROX_\w+)` \| `([^`]*)`", OPERATION.read_text(), re.MULTILINE))


def variables(command: str) -> dict[str, str]:
    """Option of each variable that a command takes."""
    options = commands()[command].params
    return {option.envvar: option.opts[0] for option in options if getattr(option, "envvar", None)}


def test_help_lists_every_command(emprox: Emprox) -> None:
    ran = emprox("--help")

    assert ran.status == 0
    assert all(command.split()[0] in ran.out for command in COMMANDS)
    assert list(commands()) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example(emprox: Emprox, command: str) -> None:
    ran = emprox(*command.split(), "--help")

    assert ran.status == 0
    assert "Example" in ran.out
    assert f"emprox {command} " in ran.out.partition("Example")[2]


def test_every_variable_is_described_and_every_described_one_taken() -> None:
    taken = {variable for command in COMMANDS for variable in variables(command)}

    assert taken == set(described_settings())
    assert set(re.findall(r"EMPROX_[A-Z_]*[A-Z]", OPERATION.read_text())) == taken


def test_serve_takes_every_variable_as_an_option_of_the_same_name() -> None:
    expected = {name: "--" + name.removeprefix("EMPROX_").lower().replace("_", "-") for name in described_settings()}

    assert variables("serve") == expected


@pytest.mark.parametrize("name", ["data_dir", "host", "port", "max_body_bytes", "queue_limit"])
def test_defaults_are_described_as_they_are(name: str) -> None:
    assert described_settings()[f"EMPROX_{name.upper()}"] == str(getattr(Settings(), name))


def test_an_error_is_one_line_on_stderr_and_status_1(table: Path) -> None:
    emprox = str(Path(sys.executable).with_name("emprox"))
    command = [emprox, "evaluate", "--space", "dart", "--metric", "acc", "--table", str(table)]

    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("emprox: search space 'dart' is not known: the spaces are darts, nasbench101, ")
    assert process.stderr.count("\n") == 1


def test_an_unknown_option_is_refused_without_a_traceback(emprox: Emprox) -> None:
    ran = emprox("serve", "--ports", 8000)

    assert ran.status == 2
    assert "--ports" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("document", [OPERATION, SPACES_DOCUMENT, EXCHANGE_DOCUMENT], ids=lambda path: path.name)
def test_commands_of_the_documentation_have_the_options_that_they_use(document: Path) -> None:
    shown = "".join(block.code for block in code_blocks(document))
    used = re.findall(r"^\.venv/bin/emprox (\w+) (.*)$", shown, re.MULTILINE)
    assert used

    for command, arguments in used:
        parameters = commands()[command].params
        known = {option for parameter in parameters for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", arguments)) <= known, command
