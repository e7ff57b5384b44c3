"""What every built-in search space keeps: the laws of the protocol."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.canonical import canonical_form
from app.domain.graph import Graph
from app.spaces.registry import get_space, space_names
from app.spaces.space import SearchSpace

every_space = pytest.mark.parametrize("space", [get_space(name) for name in space_names()], ids=space_names())
seeds = st.integers(0, 10_000)


def shuffled(cell: Graph, rng: np.random.Generator) -> Graph:
    """The graph with its vertices in another topological order."""
    order: list[int] = []
    output = len(cell.operations) - 1
    while len(order) < output:
        free = [v for v in range(output) if v not in order and set(cell.predecessors[v]) <= set(order)]
        order.append(int(rng.choice(free)))
    return cell.renumbered([*order, output])


def changed(cell: Graph, space: SearchSpace, rng: np.random.Generator) -> Graph:
    """The graph with an edge turned on or off or an operation replaced, whether the space has such a graph or not."""
    n = len(cell.operations)
    if n > 2 and rng.random() < 0.3:
        operations = list(cell.operations)
        operations[int(rng.integers(1, n - 1))] = str(rng.choice([*space.vocabulary.operations, "unknown"]))
        return Graph(tuple(operations), cell.edges).pruned()
    u, v = sorted(map(int, rng.choice(n, 2, replace=False)))
    return Graph(cell.operations, tuple(sorted({*cell.edges} ^ {(u, v)}))).pruned()


@every_space
@settings(deadline=None)
@given(seed=seeds)
def test_what_is_drawn_is_an_architecture_that_the_generator_decides(space: SearchSpace, seed: int) -> None:
    drawn = space.sample(np.random.default_rng(seed))

    assert space.parse(drawn.notation) == drawn
    assert space.sample(np.random.default_rng(seed)) == drawn
    names = {*space.vocabulary.operations, *space.vocabulary.inputs, "input", "output"}
    assert {name for cell in drawn.cells for name in cell.operations} <= names


@every_space
def test_draws_differ(space: SearchSpace) -> None:
    rng = np.random.default_rng(0)

    drawn = {space.sample(rng).id for _ in range(200)}

    assert len(drawn) > 150


@every_space
@settings(deadline=None)
@given(seed=seeds)
def test_a_mutation_is_another_architecture_that_the_generator_decides(space: SearchSpace, seed: int) -> None:
    parent = space.sample(np.random.default_rng(seed))

    mutant = space.mutate(parent, np.random.default_rng(seed))

    assert mutant.id != parent.id
    assert space.parse(mutant.notation) == mutant
    assert space.mutate(parent, np.random.default_rng(seed)) == mutant


@every_space
@settings(deadline=None)
@given(seed=seeds, n_mutations=st.integers(0, 5))
def test_the_graphs_of_an_architecture_lead_back_to_it(space: SearchSpace, seed: int, n_mutations: int) -> None:
    rng = np.random.default_rng(seed)
    architecture = space.sample(rng)
    for _ in range(n_mutations):
        architecture = space.mutate(architecture, rng)

    found = space.from_cells(architecture.cells)

    assert found is not None
    assert (found.id, found.cells) == (architecture.id, architecture.cells)
    assert space.parse(found.notation) == found


@every_space
@settings(deadline=None)
@given(seed=seeds)
def test_the_numbering_of_the_graphs_does_not_matter(space: SearchSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    architecture = space.sample(rng)

    found = space.from_cells([shuffled(cell, rng) for cell in architecture.cells])

    assert found is not None
    assert found.id == architecture.id


@every_space
@settings(deadline=None)
@given(seed=seeds, n_changes=st.integers(1, 3))
def test_any_graphs_are_those_of_an_architecture_or_of_none(space: SearchSpace, seed: int, n_changes: int) -> None:
    rng = np.random.default_rng(seed)
    cells = list(space.sample(rng).cells)
    for _ in range(n_changes):
        which = int(rng.integers(len(cells)))
        cells[which] = changed(cells[which], space, rng)

    found = space.from_cells(cells)

    if found is not None:
        assert found.cells == tuple(map(canonical_form, cells))
        assert space.parse(found.notation) == found


@every_space
def test_an_enumeration_starts_at_once_and_always_with_the_same(space: SearchSpace) -> None:
    listed = list(islice(space.enumerate(), 200))

    assert [space.parse(each.notation) for each in listed] == listed
    assert len({str(each.notation) for each in listed}) == 200
    assert list(islice(space.enumerate(), 200)) == listed


@every_space
def test_a_cost_is_positive_where_there_is_a_formula(space: SearchSpace) -> None:
    rng = np.random.default_rng(0)

    costs = [space.cost(space.sample(rng).cells) for _ in range(50)]

    assert set(costs) == {None} or all(cost is not None and min(cost) > 0 for cost in costs)
