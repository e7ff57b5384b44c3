"""docs/architectures.md: its code gives what the comments under it say, and its table names every helper."""

import ast
import re
from pathlib import Path
from typing import Any

import emprox_client.architectures

from .code_blocks import code_blocks

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "architectures.md"


def test_each_line_gives_what_the_comment_under_it_says() -> None:
    names: dict[str, Any] = {}
    compared = 0

    for block in (block for block in code_blocks(DOCUMENT) if block.language == "python"):
        lines = block.code.splitlines()
        for statement in ast.parse(block.code).body:
            said = "".join(lines[statement.end_lineno or 0 :][:1])
            if isinstance(statement, ast.Expr) and said.startswith("# "):
                source = ast.unparse(statement)
                assert repr(eval(source, names)) == said.removeprefix("# "), source  # noqa: S307 (our own document)
                compared += 1
            else:
                exec(ast.unparse(statement), names)  # noqa: S102
    assert compared == 8


def test_the_table_has_every_helper() -> None:
    called = set(re.findall(r"\| `(\w+)\(", DOCUMENT.read_text(encoding="utf-8")))

    assert called == set(emprox_client.architectures.__all__) - {"ArchitectureError", "declare_space"}
