"""What all declared spaces have in common: a name, and the laws of the protocol."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidArchitectureError, InvalidSpaceError
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.space import SearchSpace

from .declarations import (
    CHOICES,
    EDGES,
    VERTICES,
    Fields,
    json_values,
    small_choices_declarations,
    small_graph_declarations,
)

declarations = small_graph_declarations() | small_choices_declarations()
seeds = st.integers(0, 1000)


def space_of(fields: Fields) -> SearchSpace:
    return declared_space("mine", parse_declaration(fields))


@pytest.mark.parametrize("name", ["", "A", "a/b", "..", ".", "x" * 65, "naïve"])
def test_a_name_that_no_url_can_say_is_refused(name: str) -> None:
    with pytest.raises(InvalidSpaceError, match="is not 1 to 64 characters of a-z"):
        declared_space(name, parse_declaration(VERTICES))


@settings(deadline=None)
@given(fields=declarations, seed=seeds)
def test_what_is_drawn_is_an_architecture_of_the_space(fields: Fields, seed: int) -> None:
    space = space_of(fields)

    drawn = space.sample(np.random.default_rng(seed))

    assert space.parse(drawn.notation) == drawn
    assert drawn == space.sample(np.random.default_rng(seed))
    names = {*space.vocabulary.operations, *space.vocabulary.inputs, "input", "output"}
    assert {name for cell in drawn.cells for name in cell.operations} <= names


@settings(deadline=None)
@given(fields=declarations, seed=seeds)
def test_a_mutation_is_another_architecture_of_the_space(fields: Fields, seed: int) -> None:
    space = space_of(fields)
    parent = space.sample(np.random.default_rng(seed))

    mutant = space.mutate(parent, np.random.default_rng(seed))

    assert mutant.id != parent.id
    assert space.parse(mutant.notation) == mutant
    assert mutant == space.mutate(parent, np.random.default_rng(seed))


@settings(deadline=None)
@given(fields=declarations, seed=seeds)
def test_the_graphs_of_an_architecture_lead_back_to_it(fields: Fields, seed: int) -> None:
    space = space_of(fields)
    drawn = space.sample(np.random.default_rng(seed))

    found = space.from_cells(drawn.cells)

    assert found is not None
    assert (found.id, found.cells) == (drawn.id, drawn.cells)
    assert space.parse(found.notation) == found
    assert space.from_cells(drawn.cells * 3) is None


@settings(deadline=None)
@given(fields=declarations)
def test_an_enumeration_lists_each_notation_once_and_always_in_the_same_order(fields: Fields) -> None:
    space = space_of(fields)

    listed = list(islice(space.enumerate(), 200))

    assert [space.parse(each.notation) for each in listed] == listed
    assert len({str(each.notation) for each in listed}) == len(listed)
    assert len({each.id for each in listed}) > 1
    assert list(islice(space.enumerate(), 200)) == listed


@settings(deadline=None)
@given(fields=declarations, seed=seeds)
def test_what_is_drawn_is_enumerated(fields: Fields, seed: int) -> None:
    space = space_of(fields)
    drawn = space.sample(np.random.default_rng(seed))

    listed = list(islice(space.enumerate(), 2000))

    assert drawn.id in {each.id for each in listed} or len(listed) == 2000


@given(notation=json_values)
def test_any_json_value_is_an_architecture_or_refused(notation: object) -> None:
    for fields in (VERTICES, EDGES, CHOICES, VERTICES | {"cells": ["normal"]}):
        for value in (
            notation,
            {"choices": notation},
            {"choices": {"depth": notation, "act": "relu"}},
            {"edges": notation},
            {"edges": [notation]},
            {"edges": [[0, 1, notation]]},
            {"edges": [[notation, 1]], "nodes": ["input", "conv", "output"]},
            {"nodes": notation, "edges": [[0, 1]]},
            {"nodes": ["input", notation, "output"], "edges": [[0, 1], [1, 2]]},
            {"cells": notation},
            {"cells": {"normal": notation}},
        ):
            space = space_of(fields)
            try:
                architecture = space.parse(value)
            except InvalidArchitectureError:
                continue
            assert space.parse(architecture.notation) == architecture


def test_a_declaration_says_nothing_of_costs() -> None:
    for fields in (VERTICES, CHOICES):
        space = space_of(fields)
        assert space.cost(space.sample(np.random.default_rng(0)).cells) is None
