from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dashboard.drawing import Drawing, Point
from app.domain.graph import Graph
from app.spaces.registry import get_space, space_names


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    n = draw(st.integers(2, 9))
    pairs = [(u, v) for u in range(n) for v in range(u + 1, n)]
    edges = draw(st.sets(st.sampled_from(pairs)))
    return Graph(("input", *["conv"] * (n - 2), "output"), tuple(sorted(edges))).pruned()


def passes(way: list[Point], place: Point) -> bool:
    """Whether a line goes through a place."""
    for (x0, y0), (x1, y1) in pairwise(way):
        if x0 < place[0] < x1:
            return abs(y0 + (y1 - y0) * (place[0] - x0) / (x1 - x0) - place[1]) < 1e-6
    return any(np.allclose(place, point) for point in way[1:-1])


@given(graph=graphs())
def test_every_node_has_a_place_of_its_own_within_the_frame(graph: Graph) -> None:
    drawing = Drawing.of(graph)

    assert len({(round(x, 6), round(y, 6)) for x, y in drawing.places}) == len(graph.operations)
    points = [*drawing.places, *(point for way in drawing.ways for point in way)]
    assert all(0 <= x <= 1 and -1e-9 <= y <= 1 + 1e-9 for x, y in points)


@given(graph=graphs())
def test_every_edge_leads_to_the_right_and_through_no_other_node(graph: Graph) -> None:
    drawing = Drawing.of(graph)

    for (u, v), way in zip(graph.edges, drawing.ways, strict=True):
        line = [drawing.places[u], *way, drawing.places[v]]
        assert all(x0 < x1 for (x0, _), (x1, _) in pairwise(line))
        assert not any(passes(line, place) for i, place in enumerate(drawing.places) if i not in {u, v})


def test_a_chain_is_a_straight_line() -> None:
    drawing = Drawing.of(Graph(("input", "conv", "pool", "output"), ((0, 1), (1, 2), (2, 3))))

    assert drawing.places == [(0, 0.5), (pytest.approx(1 / 3), 0.5), (pytest.approx(2 / 3), 0.5), (1, 0.5)]
    assert (drawing.layers, drawing.rows, list(drawing.ways)) == (4, 1, [[], [], []])


def test_a_skip_goes_around_what_it_skips() -> None:
    drawing = Drawing.of(Graph(("input", "conv", "output"), ((0, 1), (0, 2), (1, 2))))

    ((x, y),) = drawing.ways[1]
    assert (x, abs(y - drawing.places[1][1])) == (0.5, 0.5)


def test_paths_that_need_not_cross_do_not() -> None:
    # Two chains side by side, their vertices numbered against each other.
    drawing = Drawing.of(
        Graph(("input", "a", "b", "b", "a", "output"), ((0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)))
    )
    y = [place[1] for place in drawing.places]

    assert (y[1] - y[2]) * (y[4] - y[3]) > 0


def test_a_network_that_nothing_connects_is_drawn() -> None:
    assert Drawing.of(Graph(("input", "output"), ())).places == [(0, 0.5), (1, 0.5)]


@pytest.mark.parametrize("name", space_names())
def test_the_graphs_of_a_space_have_names_and_drawings(name: str) -> None:
    space = get_space(name)
    architecture = space.sample(np.random.default_rng(0))

    assert len(space.cell_names) == len(architecture.cells)
    assert [Drawing.of(cell) for cell in architecture.cells] == [Drawing.of(cell) for cell in architecture.cells]
