"""Two cells of NAS-Bench-201 share an id exactly when they are isomorphic: all 15,625, against networkx."""

from collections import defaultdict
from itertools import combinations
from typing import TypeAlias

import networkx as nx
import pytest

from app.domain.architecture import Architecture

from .cells import EDGES, NONE, operations_of

Network: TypeAlias = nx.DiGraph  # of vertices (source, target), "input" and "output"


@pytest.fixture(scope="module")
def networks(every_cell: list[Architecture]) -> dict[str, list[Network]]:
    """The network of every cell, by the id that the cell was given."""
    by_id: dict[str, list[Network]] = defaultdict(list)
    for architecture in every_cell:
        by_id[architecture.id].append(network(str(architecture.notation)))
    return by_id


def network(notation: str) -> Network:
    """The live part of a cell, read from its string alone: a vertex for each edge with an operation."""
    named = {edge: op for edge, op in zip(EDGES, operations_of(notation), strict=True) if op != NONE}
    graph = nx.DiGraph()
    graph.add_nodes_from(["input", "output"])
    graph.add_edges_from(("input", edge) for edge in named if edge[0] == 0)
    graph.add_edges_from((edge, "output") for edge in named if edge[1] == 3)
    graph.add_edges_from((a, b) for a in named for b in named if a[1] == b[0])
    live = nx.descendants(graph, "input") & nx.ancestors(graph, "output")
    graph = graph.subgraph({"input", "output"} | live).copy()
    for vertex in graph:
        graph.nodes[vertex]["op"] = named.get(vertex, vertex)
    return graph


def isomorphic(a: Network, b: Network) -> bool:
    same: bool = nx.is_isomorphic(a, b, node_match=lambda u, v: u["op"] == v["op"])
    return same


def test_cells_of_one_id_are_isomorphic(networks: dict[str, list[Network]]) -> None:
    assert sum(map(len, networks.values())) == 15625
    for first, *others in networks.values():
        assert all(isomorphic(first, other) for other in others)


def test_cells_of_different_ids_are_not_isomorphic(networks: dict[str, list[Network]]) -> None:
    # Isomorphic graphs have equal hashes, so only cells of equal hash can belie it.
    by_hash: dict[str, list[Network]] = defaultdict(list)
    for first, *_ in networks.values():
        undirected = first.to_undirected(as_view=True)
        by_hash[nx.weisfeiler_lehman_graph_hash(undirected, node_attr="op")].append(first)

    assert len(by_hash) > 1000
    for similar in by_hash.values():
        assert not any(isomorphic(a, b) for a, b in combinations(similar, 2))


def test_there_are_8765_networks_in_the_space(networks: dict[str, list[Network]]) -> None:
    assert len(networks) == 8765
