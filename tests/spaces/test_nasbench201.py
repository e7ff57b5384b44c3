from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.spaces.nasbench201 import NasBench201

from .cells import CONV1, CONV3, NONE, OPERATIONS, POOL, SKIP, cell, cells, operations_of

SPACE = NasBench201()
EMPTY = cell(NONE, NONE, NONE, NONE, NONE, NONE)


def chain(*operations: str) -> Graph:
    n = len(operations) + 1
    return Graph(("input", *operations, "output"), tuple((i, i + 1) for i in range(n)))


def id_of(*operations: str) -> str:
    return SPACE.parse(cell(*operations)).id


@settings(deadline=None)
@given(notation=cells)
def test_parsing_gives_the_notation_back(notation: str) -> None:
    assert SPACE.parse(notation).notation == notation
    assert SPACE.parse(f" {notation}\n").notation == notation


def test_operations_on_edges_become_vertices() -> None:
    # 0 -conv3-> 1 -conv1-> 2 -skip-> 3, and a pool from 0 straight to 3
    architecture = SPACE.parse(cell(CONV3, NONE, CONV1, POOL, NONE, SKIP))

    (graph,) = architecture.cells
    assert Counter(graph.operations) == Counter(["input", "output", CONV3, CONV1, SKIP, POOL])
    named = {(graph.operations[u], graph.operations[v]) for u, v in graph.edges}
    assert named == {
        ("input", CONV3), (CONV3, CONV1), (CONV1, SKIP), (SKIP, "output"), ("input", POOL), (POOL, "output"),
    }  # fmt: skip


def test_a_cell_of_nothing_has_input_and_output_alone() -> None:
    assert SPACE.parse(EMPTY).cells == (Graph(("input", "output"), ()),)


def test_a_branch_that_leads_nowhere_does_not_count() -> None:
    assert id_of(CONV1, NONE, NONE, CONV3, NONE, NONE) == id_of(NONE, NONE, NONE, CONV3, NONE, NONE)


def test_a_branch_that_starts_nowhere_does_not_count() -> None:
    assert id_of(NONE, NONE, CONV1, CONV3, POOL, SKIP) == id_of(NONE, NONE, NONE, CONV3, NONE, NONE)


def test_nodes_1_and_2_can_change_places() -> None:
    assert id_of(CONV1, CONV3, NONE, NONE, POOL, SKIP) == id_of(CONV3, CONV1, NONE, NONE, SKIP, POOL)


def test_a_chain_is_the_same_through_either_node() -> None:
    assert id_of(CONV1, NONE, NONE, NONE, CONV3, NONE) == id_of(NONE, CONV1, NONE, NONE, NONE, CONV3)


def test_an_identity_is_an_operation() -> None:
    assert id_of(SKIP, NONE, CONV3, NONE, NONE, SKIP) != id_of(NONE, NONE, NONE, CONV3, NONE, NONE)


def test_every_cell_comes_back_from_its_graph(every_cell: list[Architecture]) -> None:
    distinct = {architecture.id: architecture for architecture in every_cell}

    for architecture in distinct.values():
        found = SPACE.from_cells(architecture.cells)
        assert found is not None
        assert isinstance(found.notation, str)
        assert (found.id, found.cells) == (architecture.id, architecture.cells)
        assert SPACE.parse(found.notation).id == architecture.id


@pytest.mark.parametrize(
    "graph",
    [
        Graph(("input", "output"), ((0, 1),)),
        Graph(("input", CONV3, "output"), ((0, 1), (0, 2), (1, 2))),
        chain("max_pool_5x5"),
        chain(NONE),
        chain(CONV3, CONV3, CONV3, CONV3),
        Graph(("input", *[CONV3] * 7, "output"), tuple(sorted([(0, i) for i in range(1, 8)] + [(7, 8)]))),
        Graph(("input", CONV1, CONV3, "output"), ((0, 1), (0, 2), (1, 2), (1, 3), (2, 3))),
    ],
    ids=["direct edge", "direct edge beside", "unknown", "none", "too deep", "too many", "no node between"],
)
def test_a_graph_that_no_cell_has_gives_no_architecture(graph: Graph) -> None:
    assert SPACE.from_cells([graph]) is None


def test_samples_are_decided_by_the_generator_alone() -> None:
    first, again, other = (
        [SPACE.sample(rng).notation for _ in range(20)] for rng in map(np.random.default_rng, (1, 1, 2))
    )

    assert first == again
    assert first != other


def test_samples_have_each_operation_on_each_edge_equally_often() -> None:
    rng = np.random.default_rng(0)

    drawn = [operations_of(str(SPACE.sample(rng).notation)) for _ in range(2000)]

    counts = [Counter(operations)[name] for operations in zip(*drawn, strict=True) for name in OPERATIONS]
    # 2000 / 5 with a standard deviation of 18
    assert 320 < min(counts) <= max(counts) < 480


@settings(deadline=None)
@given(notation=cells, seed=st.integers(0, 1000))
def test_a_mutation_changes_one_edge_and_the_network(notation: str, seed: int) -> None:
    parent = SPACE.parse(notation)

    mutant = SPACE.mutate(parent, np.random.default_rng(seed))

    pairs = zip(operations_of(notation), operations_of(str(mutant.notation)), strict=True)
    assert sum(before != after for before, after in pairs) == 1
    assert mutant.id != parent.id
    assert mutant == SPACE.parse(mutant.notation)
    assert mutant == SPACE.mutate(parent, np.random.default_rng(seed))


def test_mutations_reach_every_other_operation_of_every_live_edge() -> None:
    parent = SPACE.parse(cell(CONV3, CONV3, CONV3, CONV3, CONV3, CONV3))
    rng = np.random.default_rng(0)

    mutants = {SPACE.mutate(parent, rng).notation for _ in range(500)}

    assert len(mutants) == 6 * 4


def test_all_15625_strings_are_enumerated(every_cell: list[Architecture]) -> None:
    notations = [str(architecture.notation) for architecture in every_cell]

    assert len(notations) == len(set(notations)) == 15625
    assert notations[0] == EMPTY
    assert {len(operations_of(notation)) for notation in notations} == {6}


def test_the_table_lists_the_same_strings(
    every_cell: list[Architecture], nasbench201_rows: list[dict[str, str]]
) -> None:
    assert {row["arch"] for row in nasbench201_rows} == {architecture.notation for architecture in every_cell}


def test_parameters_and_flops_are_those_of_the_table(nasbench201_rows: list[dict[str, str]]) -> None:
    n_compared = 0
    for row in nasbench201_rows:
        architecture = SPACE.parse(row["arch"])
        n_live = len(architecture.cells[0].operations) - 2
        if n_live < 6 - operations_of(row["arch"]).count(NONE):
            continue  # the table counts what dead branches cost
        n_compared += 1
        params, flops = SPACE.cost(architecture.cells)
        assert params == pytest.approx(float(row["params_m"]), abs=1e-9)
        assert flops == pytest.approx(float(row["flops_m"]), abs=1e-9)

    assert n_compared == 9445


def test_dead_branches_cost_nothing() -> None:
    alone, with_dead = (SPACE.parse(cell(op, NONE, NONE, CONV3, NONE, NONE)) for op in (NONE, CONV1))

    assert SPACE.cost(alone.cells) == SPACE.cost(with_dead.cells) == (0.073306 + 0.24304, 7.943872 + 35.81952)
