"""docs/commands.md as the program describes itself: `python -m tests.docs.command_page` writes it anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from app.cli.main import program

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "commands.md"
_START = """# Commands

What `emprox COMMAND --help` says; `make install` puts the program at `.venv/bin/emprox`. An option with a variable can
be set by that instead, as [the server's](operation.md#settings) can. Status 0 says that it is done; otherwise the last
line on stderr says why not, and what to do.
"""


def command_page() -> str:
    """The page, in Markdown."""
    return _START + "".join(f"\n## emprox {name}\n{_section(command)}" for name, command in commands().items())


def commands() -> dict[str, Any]:
    """By name, such as "serve" and "keys create"."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(program).commands.items():  # type: ignore[attr-defined]
        within = getattr(command, "commands", None)
        found |= {f"{name} {each}": it for each, it in within.items()} if within else {name: command}
    return found


def _section(command: Any) -> str:
    lines = [command.help.strip(), ""]
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    lines += _table("argument", [(f"`{each.name}`", _default(each), each.help) for each in arguments])
    lines += _table("option", [_row(each) for each in options])
    return "\n".join(lines)


def _row(option: Any) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    variable = f" `{option.envvar}`." if option.envvar else ""
    return names, _default(option), (option.help or "") + variable


def _default(option: Any) -> str:
    if option.required:
        return "needed"
    default = getattr(option.default, "value", option.default)
    if default is None:
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        return f"`{default.relative_to(ROOT)}` of the checkout"
    return f"`{default}`"


def _table(what: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    if rows:
        yield from (f"| {what} | default | |", "| --- | --- | --- |")
        yield from (f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)
        yield ""


if __name__ == "__main__":
    PAGE.write_text(command_page(), encoding="utf-8")
