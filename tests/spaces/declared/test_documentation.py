"""The examples of docs/search-spaces.md are declarations and architectures, and its tables have every field."""

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.spaces.declared.declaration_file import parse_yaml
from app.spaces.declared.reading import (
    CHOICES_FIELDS,
    GRAPH_FIELDS,
    SKELETON_FIELDS,
    VARIABLE_FIELDS,
    parse_declaration,
)
from app.spaces.declared.space import declared_space
from app.spaces.space import SearchSpace

SECTION = "## Your own space, declared"
DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "search-spaces.md").read_text(encoding="utf-8")
TEXT = DOCUMENT[DOCUMENT.index(SECTION) :].removeprefix(SECTION).split("\n## ")[0]
BLOCKS = re.findall(r"```(yaml|json)\n(.*?)```", TEXT, re.DOTALL)
EXAMPLES = [(declaration, notation) for (kind, declaration), (_, notation) in pairwise(BLOCKS) if kind == "yaml"]


def space_of(declaration: str) -> SearchSpace:
    return declared_space("example", parse_declaration(parse_yaml(declaration)))


def test_there_are_three_examples_with_an_architecture_each() -> None:
    assert [kind for kind, _ in BLOCKS] == ["yaml", "json"] * 3


@pytest.mark.parametrize(("declaration", "notation"), EXAMPLES)
def test_the_example_is_an_architecture_of_its_space(declaration: str, notation: str) -> None:
    space = space_of(declaration)

    architecture = space.parse(json.loads(notation))

    found = space.from_cells(architecture.cells)
    assert found is not None
    assert found.id == architecture.id


@pytest.mark.parametrize("declaration", [declaration for declaration, _ in EXAMPLES])
def test_architectures_of_the_example_are_drawn_and_changed(declaration: str) -> None:
    space = space_of(declaration)
    rng = np.random.default_rng(0)

    drawn = [space.sample(rng) for _ in range(20)]

    assert [space.parse(each.notation) for each in drawn] == drawn
    assert all(space.mutate(each, rng).id != each.id for each in drawn)


def test_the_chain_has_as_many_architectures_as_the_text_says() -> None:
    n_architectures = len({each.id for each in space_of(EXAMPLES[0][0]).enumerate()})

    assert n_architectures == 6561
    assert f"3^8 = {n_architectures:,} architectures" in TEXT


@pytest.mark.parametrize(
    "field", sorted({*GRAPH_FIELDS, *SKELETON_FIELDS, *CHOICES_FIELDS, *VARIABLE_FIELDS} - {"kind"})
)
def test_every_field_stands_in_a_table(field: str) -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]

    assert any(f"`{field}`" in row for row in rows)
