from itertools import combinations

import pytest
from hypothesis import given, settings

from app.domain.canonical import canonical_form
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.domain.wiring import LARGEST_REMEMBERED, Wiring

from .graphs import graphs


def test_graphs_of_the_same_edges_share_their_wiring() -> None:
    edges = ((0, 1), (1, 2))

    assert Graph(("input", "conv", "output"), edges).wiring is Graph(("input", "pool", "output"), edges).wiring


def test_the_number_of_vertices_tells_wirings_apart() -> None:
    assert Wiring.of(3, ((0, 1),)).live == (0, 2)
    assert Wiring.of(2, ((0, 1),)).live == (0, 1)


def test_a_wiring_of_many_edges_is_not_kept() -> None:
    edges = tuple(combinations(range(12), 2))

    assert len(edges) > LARGEST_REMEMBERED
    assert Wiring.of(12, edges) is not Wiring.of(12, edges)


def test_a_wiring_that_was_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(InvalidArchitectureError, match="edge 2->1 points backward"):
            Wiring.of(3, ((2, 1),))


@settings(deadline=None)
@given(graph=graphs())
def test_the_text_of_a_canonical_form_lists_its_edges(graph: Graph) -> None:
    form = canonical_form(graph)

    assert form.wiring.edges == form.edges
    assert form.wiring.text == ",".join(f"{u}-{v}" for u, v in form.edges)


def test_edges_between_far_vertices_have_their_text_as_well() -> None:
    assert Wiring.of(70, ((0, 1), (31, 32), (64, 69))).text == "0-1,31-32,64-69"
