from math import log1p

import numpy as np
import pytest
import torch

from app.domain.graph import Graph
from app.encoder.network import path_features
from app.encoder.network_shape import N_PATH_FEATURES

from .cells import CELL


def random_graph(seed: int, n_inner: int) -> Graph:
    rng = np.random.default_rng(seed)
    n = n_inner + 2
    edges = tuple((u, v) for u in range(n) for v in range(u + 1, n) if rng.random() < 0.5)
    return Graph(("input", *["conv3"] * n_inner, "output"), edges).pruned()


def tensors(graphs: list[Graph], n_vertices: int) -> tuple[torch.Tensor, torch.Tensor]:
    adjacency = torch.zeros(len(graphs), n_vertices, n_vertices)
    is_output = torch.zeros(len(graphs), n_vertices)
    for i, graph in enumerate(graphs):
        is_output[i, len(graph.operations) - 1] = 1
        for u, v in graph.edges:
            adjacency[i, u, v] = 1
    return adjacency, is_output[..., None]


def walks(graph: Graph, start: int, end: int) -> list[list[int]]:
    """All paths between two vertices, as lists of vertices."""
    if start == end:
        return [[end]]
    return [[start, *rest] for after in graph.successors[start] for rest in walks(graph, after, end)]


def by_enumeration(graph: Graph) -> np.ndarray:
    n = len(graph.operations)
    rows = []
    for v in range(n):
        into, onward = walks(graph, 0, v), walks(graph, v, n - 1)
        share = sum(np.prod([1 / len(graph.predecessors[w]) for w in path[1:]]) for path in onward)
        rows.append(
            [
                log1p(len(into)),
                log1p(len(onward)),
                log1p(len(into) * len(onward)),
                share,
                len(graph.predecessors[v]) / 4,
                len(graph.successors[v]) / 4,
            ]
        )
    return np.array(rows)


@pytest.mark.parametrize("seed", range(20))
def test_path_features_are_those_of_all_paths(seed: int) -> None:
    graph = random_graph(seed, n_inner=6)

    (found,) = path_features(*tensors([graph], len(graph.operations))).numpy()

    assert found.shape == (len(graph.operations), N_PATH_FEATURES)
    np.testing.assert_allclose(found, by_enumeration(graph), atol=1e-5)


def test_padding_and_company_do_not_change_path_features() -> None:
    graphs = [random_graph(seed, n_inner=seed + 2) for seed in range(5)]

    together = path_features(*tensors(graphs, 12)).numpy()

    for found, graph in zip(together, graphs, strict=True):
        np.testing.assert_allclose(found[: len(graph.operations)], by_enumeration(graph), atol=1e-5)


def test_a_vertex_has_the_share_of_the_paths_through_it() -> None:
    (found,) = path_features(*tensors([CELL], 7)).numpy()

    # input, conv3, pool, skip, conv1, conv3, output; the paths weigh 1/4, 1/4 and 1/2
    np.testing.assert_allclose(found[:, 3], [1, 0.25, 0.25, 0.5, 0.25, 0.5, 1], atol=1e-6)


def test_many_paths_are_counted_without_walking_them() -> None:
    # Thirty layers of two: a thousand million paths.
    n_layers = 30
    members = [[0], *[[2 * i + 1, 2 * i + 2] for i in range(n_layers)], [2 * n_layers + 1]]
    edges = [(u, v) for i in range(n_layers + 1) for u in members[i] for v in members[i + 1]]
    graph = Graph(("input", *["conv3"] * (2 * n_layers), "output"), tuple(sorted(edges)))

    (found,) = path_features(*tensors([graph], len(graph.operations))).numpy()

    assert found[-1, 0] == pytest.approx(n_layers * np.log(2), rel=1e-5)
