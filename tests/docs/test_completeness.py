"""Settings and commands are documented, and what is documented exists. tests/api has routes and errors."""

import re
from pathlib import Path

import pytest

from .command_page import PAGE, command_page, commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "client" / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
SETTINGS = re.findall(r"^\| `(EMPROX_\w+)` \| (.*?) \|", (ROOT / "docs" / "operation.md").read_text("utf-8"), re.M)
COMMANDS = commands()
SERVE = {option.envvar: option for option in COMMANDS["serve"].params}


def test_every_setting_stands_in_the_table_and_nothing_else_does() -> None:
    assert sorted(name for name, _ in SETTINGS) == sorted(SERVE)


@pytest.mark.parametrize(("name", "told"), SETTINGS)
def test_the_table_tells_the_default(name: str, told: str) -> None:
    default = SERVE[name].default

    words = {
        ROOT / "models": "`models` of the checkout",
        False: "`false`",
    }
    unset = {
        "EMPROX_SPACES_DIR": "`spaces` in the data directory, if it is there",
        "EMPROX_DATABASE_URL": "`emprox.sqlite3` in the data directory",
        "EMPROX_KEYS_DIR": "`EMPROX_DATA_DIR`",
    }
    assert told == (unset[name] if default is None else words.get(default, f"`{default}`"))


def test_the_page_of_commands_says_what_the_program_says() -> None:
    assert PAGE.read_text("utf-8") == command_page(), "write it anew: python -m tests.docs.command_page"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_and_options_of_a_page_exist(page: Path) -> None:
    for line in page.read_text("utf-8").splitlines():
        for name, rest in re.findall(
            r"(?:\.venv/bin/|`|^ *|\$ |\$\()emprox ((?:keys )?[a-z]+(?:-[a-z]+)*)\b([^`#]*)", line
        ):
            if name == "keys":  # all of them
                continue
            assert name in COMMANDS, line
            known = {each for option in COMMANDS[name].params for each in [*option.opts, *option.secondary_opts]}
            assert set(re.findall(r"(?<!\S)--[a-z][\w-]*", rest)) <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_variables_of_a_page_are_read_somewhere(page: Path) -> None:
    sources = [*ROOT.glob("app/**/*.py"), *ROOT.glob("client/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]
    read = "".join(path.read_text("utf-8") for path in [*sources, ROOT / "docker-compose.yml"])

    assert all(name in read for name in re.findall(r"EMPROX_[A-Z_]+[A-Z]", page.read_text("utf-8")))
