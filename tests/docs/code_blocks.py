"""The fenced blocks of a Markdown file, as the tests run and compare them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block.

    Args:
        language: the first word behind the fence, such as `python`; empty where there is none.
        code: what the fence holds, with a line break at its end.
        line: number of the first line of code in the file, from 1.
        note: what stands behind the language.
    """

    language: str
    code: str
    line: int
    note: str = ""


def code_blocks(document: Path) -> Iterator[CodeBlock]:
    """Each fenced block of a file, from top to bottom, those in lists as well."""
    for token in MarkdownIt().parse(document.read_text(encoding="utf-8")):
        if token.type == "fence" and token.map:
            language, _, note = token.info.strip().partition(" ")
            yield CodeBlock(language, token.content, token.map[0] + 2, note.strip())
