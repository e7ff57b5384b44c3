"""The notations in docs/search-spaces.md of the spaces that come along are architectures of them; each has one."""

import json
import re
from pathlib import Path

import pytest

from app.spaces.registry import get_space, space_names
from tests.docs.code_blocks import code_blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "search-spaces.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("## The spaces that come along\n")[2]
EXAMPLES = [
    (found[1], block.code) for block in code_blocks(PAGE) if (found := re.fullmatch(r'title="(\w+)"', block.note))
]


def test_every_space_stands_in_the_table_and_has_an_example() -> None:
    assert re.findall(r"^\| `(\w+)` \|", SECTION, re.MULTILINE) == [
        "nasbench101",
        "nasbench201",
        "darts",
        "nasbench_graph",
    ]
    assert {space for space, _ in EXAMPLES} == set(space_names())


@pytest.mark.parametrize(("space", "notation"), EXAMPLES)
def test_the_example_is_an_architecture_of_the_space(space: str, notation: str) -> None:
    architecture = get_space(space).parse(json.loads(notation))

    assert len(architecture.cells[0].operations) > 2


def test_the_three_notations_of_darts_are_one_architecture() -> None:
    ids = [get_space(space).parse(json.loads(notation)).id for space, notation in EXAMPLES if space == "darts"]

    assert len(ids) == 3
    assert len(set(ids)) == 1
