import pytest
from hypothesis import given, settings

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph

from .graphs import graphs


@pytest.mark.parametrize("edge", [(2, 1), (1, 1), (-1, 2), (1, 4)], ids=str)
def test_an_edge_that_is_not_forward_is_refused_and_named(edge: tuple[int, int]) -> None:
    with pytest.raises(InvalidArchitectureError, match=f"edge {edge[0]}->{edge[1]} points backward or outside"):
        Graph(("input", "conv", "pool", "output"), (edge,))


def test_edges_out_of_order_are_refused() -> None:
    with pytest.raises(InvalidArchitectureError, match="0->1 follows edge 1->2: list edges in ascending order"):
        Graph(("input", "conv", "output"), ((1, 2), (0, 1)))


def test_an_edge_given_twice_is_refused() -> None:
    with pytest.raises(InvalidArchitectureError, match=r"0->1 follows edge 0->1: .* each once"):
        Graph(("input", "output"), ((0, 1), (0, 1)))


@pytest.mark.parametrize(
    "operations", [(), ("input",), ("output",), ("conv", "output"), ("input", "conv"), ("output", "input")], ids=str
)
def test_a_graph_starts_with_its_input_and_ends_with_its_output(operations: tuple[str, ...]) -> None:
    with pytest.raises(InvalidArchitectureError, match="first vertex of a graph is 'input' and its last is 'output'"):
        Graph(operations, ())


def test_a_vertex_knows_what_it_reads_and_who_reads_it() -> None:
    graph = Graph(("input", "conv", "pool", "output"), ((0, 1), (0, 2), (1, 2), (2, 3)))

    assert graph.predecessors == ((), (0,), (0, 1), (2,))
    assert graph.successors == ((1, 2), (2,), (3,), ())


def test_pruning_drops_what_the_input_does_not_reach() -> None:
    graph = Graph(("input", "conv", "pool", "output"), ((0, 1), (1, 3), (2, 3)))

    assert graph.pruned() == Graph(("input", "conv", "output"), ((0, 1), (1, 2)))


def test_pruning_drops_what_leads_nowhere() -> None:
    graph = Graph(("input", "pool", "conv", "output"), ((0, 1), (0, 2), (2, 3)))

    assert graph.pruned() == Graph(("input", "conv", "output"), ((0, 1), (1, 2)))


def test_pruning_drops_a_whole_chain_behind_a_dead_end() -> None:
    graph = Graph(("input", "conv", "conv", "pool", "output"), ((0, 1), (0, 3), (1, 2), (3, 4)))

    assert graph.pruned() == Graph(("input", "pool", "output"), ((0, 1), (1, 2)))


def test_input_and_output_stay_when_nothing_connects_them() -> None:
    graph = Graph(("input", "conv", "output"), ((0, 1),))

    assert graph.pruned() == Graph(("input", "output"), ())


@settings(deadline=None)
@given(graph=graphs())
def test_after_pruning_every_vertex_lies_between_input_and_output(graph: Graph) -> None:
    pruned = graph.pruned()

    assert all(pruned.predecessors[1:-1])
    assert all(pruned.successors[1:-1])
    assert pruned.pruned() is pruned


def test_renumbering_keeps_the_edges_among_the_vertices_that_stay() -> None:
    graph = Graph(("input", "conv", "pool", "output"), ((0, 1), (0, 2), (1, 3), (2, 3)))

    assert graph.renumbered([0, 2, 1, 3]) == Graph(
        ("input", "pool", "conv", "output"), ((0, 1), (0, 2), (1, 3), (2, 3))
    )
    assert graph.renumbered([0, 2, 3]) == Graph(("input", "pool", "output"), ((0, 1), (1, 2)))
