"""Fenced blocks are found with their language and line, as the renderers of Markdown see them."""

from pathlib import Path

from .code_blocks import CodeBlock, code_blocks


def written(folder: Path, text: str) -> list[CodeBlock]:
    document = folder / "page.md"
    document.write_text(text, encoding="utf-8")
    return list(code_blocks(document))


def test_a_block_has_its_language_its_code_and_the_line_of_that(tmp_path: Path) -> None:
    blocks = written(tmp_path, "# A page\n\n```python\nprint(1)\n```\n\nwords\n\n```\nplain\n```\n")

    assert blocks == [CodeBlock("python", "print(1)\n", 4), CodeBlock("", "plain\n", 10)]


def test_what_follows_the_language_is_a_note(tmp_path: Path) -> None:
    assert written(tmp_path, '```json title="an answer"\n{}\n```\n') == [
        CodeBlock("json", "{}\n", 2, 'title="an answer"')
    ]


def test_a_block_in_a_list_is_found_without_its_indentation(tmp_path: Path) -> None:
    assert written(tmp_path, "1. Ask:\n\n    ```sh\n    curl localhost\n    ```\n") == [
        CodeBlock("sh", "curl localhost\n", 4)
    ]


def test_a_fence_within_a_longer_fence_is_code(tmp_path: Path) -> None:
    assert [block.code for block in written(tmp_path, "````md\n```\ninner\n```\n````\n")] == ["```\ninner\n```\n"]
