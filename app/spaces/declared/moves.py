"""Small changes of a graph of a declared space, from which a search goes on."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from app.spaces.declared.cell import Cell, Edge
from app.spaces.declared.drawing import pick
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.wiring import Limits, Pair, Skeleton

_Item = TypeVar("_Item")


def changed_cells(cell: Cell, declaration: GraphDeclaration, rng: np.random.Generator) -> Iterator[Cell]:
    """Graphs of the space one change away, in random order; some may have the same live part.

    A change replaces an operation or, where the wiring is free, adds or removes an edge or a node, and whatever is
    dead then. Kinds of change come in random order, and within a kind the places where it can be made.
    """
    wiring = declaration.wiring
    kinds = _Changes(cell, declaration, rng).kinds()
    for i in rng.permutation(len(kinds)):
        for changed in kinds[i]():
            if not changed.live():
                continue
            if isinstance(wiring, Skeleton):
                yield changed
                continue
            pruned = changed.pruned()
            if pruned.n_nodes <= wiring.max_vertices and len(pruned.edges) <= wiring.max_edges:
                yield pruned


class _Changes:
    """What one change can make of a graph, whether or not it is still one of the space."""

    def __init__(self, cell: Cell, declaration: GraphDeclaration, rng: np.random.Generator) -> None:
        self._cell = cell
        self._n_inputs = len(cell.inputs)
        self._declaration = declaration
        self._rng = rng

    def kinds(self) -> list[Callable[[], Iterator[Cell]]]:
        """The kinds of change that the space has."""
        free = isinstance(self._declaration.wiring, Limits)
        replace = self._replace_on_edge if self._declaration.on_edges else self._replace_on_node
        return [replace, self._add_edge, self._remove_edge, self._add_node, self._remove_node] if free else [replace]

    def _replace_on_node(self) -> Iterator[Cell]:
        cell = self._cell
        changes = [(i, name) for i in range(len(cell.operations)) for name in self._declaration.operations]
        for i, name in self._shuffled(changes):
            if name != cell.operations[i]:
                operations = (*cell.operations[:i], name, *cell.operations[i + 1 :])
                yield Cell(cell.inputs, operations, cell.edges)

    def _replace_on_edge(self) -> Iterator[Cell]:
        """In a skeleton, no_edge is an operation like any other; else edges are removed and added on their own."""
        edges, skeleton, no_edge = self._cell.edges, self._declaration.skeleton, self._declaration.no_edge
        absent = {*skeleton.edges} - {*self._cell.pairs} if skeleton else set()
        names = self._declaration.operations if skeleton else self._declaration.drawable
        every_edge = [*edges, *(Edge(u, v, no_edge or "") for u, v in sorted(absent))]
        for edge, name in self._shuffled([(edge, name) for edge in every_edge for name in names]):
            if name != edge.operation:
                added = {edge._replace(operation=name)} if name != no_edge else set()
                yield self._with_edges({*edges} - {edge} | added)

    def _add_edge(self) -> Iterator[Cell]:
        present = {*self._cell.pairs}
        for u, v in self._shuffled(self._pairs()):
            if (u, v) not in present:
                yield self._with_edges({*self._cell.edges, Edge(u, v, self._edge_operation())})

    def _remove_edge(self) -> Iterator[Cell]:
        for edge in self._shuffled(self._cell.edges):
            yield self._with_edges({*self._cell.edges} - {edge})

    def _add_node(self) -> Iterator[Cell]:
        """A node between two others: on their edge, or beside it."""
        cell = self._cell
        places = [(u, v, beside) for u, v in self._pairs() for beside in (False, True)]
        for u, v, beside in self._shuffled(places):
            there = [edge.operation for edge in cell.edges if edge.pair == (u, v) and not beside]
            # The new node takes the number v, so v and all after it move up by one.
            edges = {Edge(a + (a >= v), b + (b >= v), op) for a, b, op in cell.edges if beside or (a, b) != (u, v)}
            edges.add(Edge(u, v, there[0] if there else self._edge_operation()))
            edges.add(Edge(v, v + 1, self._edge_operation()))
            i = v - self._n_inputs
            operation = "" if self._declaration.on_edges else pick(self._declaration.operations, self._rng)
            operations = (*cell.operations[:i], operation, *cell.operations[i:])
            yield Cell(cell.inputs, operations, tuple(sorted(edges)))

    def _remove_node(self) -> Iterator[Cell]:
        """A node less: what read from it reads what it read from, or does not."""
        cell = self._cell
        places = [(i, bridged) for i in range(len(cell.operations)) for bridged in (False, True)]
        for i, bridged in self._shuffled(places):
            node = i + self._n_inputs
            kept = {edge.pair: edge for edge in cell.edges if node not in edge.pair}
            if bridged:
                sources = [edge.source for edge in cell.edges if edge.target == node]
                for _, target, operation in [edge for edge in cell.edges if edge.source == node]:
                    for source in sources:
                        kept.setdefault((source, target), Edge(source, target, operation))
            edges = [Edge(u - (u > node), v - (v > node), operation) for u, v, operation in kept.values()]
            yield Cell(cell.inputs, (*cell.operations[:i], *cell.operations[i + 1 :]), tuple(sorted(edges)))

    def _edge_operation(self) -> str:
        return pick(self._declaration.drawable, self._rng) if self._declaration.on_edges else ""

    def _pairs(self) -> list[Pair]:
        n_nodes = self._cell.n_nodes
        return [(u, v) for u in range(n_nodes) for v in range(max(u + 1, self._n_inputs), n_nodes)]

    def _with_edges(self, edges: set[Edge]) -> Cell:
        return Cell(self._cell.inputs, self._cell.operations, tuple(sorted(edges)))

    def _shuffled(self, items: Sequence[_Item]) -> Iterator[_Item]:
        return (items[i] for i in self._rng.permutation(len(items)))
