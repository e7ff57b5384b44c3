"""The declaration of a space of graphs: operations, limits or a fixed wiring, inputs and cells."""

import json
from dataclasses import dataclass

from app.domain.errors import InvalidSpaceError
from app.domain.graph import INPUT, OUTPUT
from app.spaces.declared.fields import distinct_names
from app.spaces.declared.messages import listed, shown
from app.spaces.declared.path_bound import count_paths
from app.spaces.declared.wiring import MAX_VERTICES, Limits, Skeleton

MAX_OPERATIONS = 64
MAX_CELLS = 8


@dataclass(frozen=True, slots=True)
class GraphDeclaration:
    """A space whose architectures are graphs with an operation on each vertex or on each edge.

    Args:
        operations: all names that a notation may use, `no_edge` included.
        on_edges: operations sit on edges, not on vertices.
        no_edge: the operation that stands for no edge at all.
        identity: the operation that passes its input on unchanged.
        convolutions: operations that are counted together, in the order of `operations`.
        inputs: names of the inputs.
        wiring: the limits of a free wiring, or a fixed one.
        cells: names of the graphs that make one architecture; empty where it is one graph without a name.

    Raises:
        InvalidSpaceError: a rule is broken; says which, and the way out.
    """

    operations: tuple[str, ...]
    on_edges: bool
    no_edge: str | None
    identity: str | None
    convolutions: tuple[str, ...]
    inputs: tuple[str, ...]
    wiring: Limits | Skeleton
    cells: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check_operations()
        self._check_inputs()
        self._check_no_edge()
        if len(self.cells) > MAX_CELLS:
            raise InvalidSpaceError(f"an architecture has up to {MAX_CELLS} cells, not {len(self.cells)}")
        distinct_names(self.cells, "cell")
        self._check_wiring()

    @property
    def drawable(self) -> tuple[str, ...]:
        """The operations that stand for something: all but `no_edge`."""
        return tuple(operation for operation in self.operations if operation != self.no_edge)

    @property
    def skeleton(self) -> Skeleton | None:
        """The fixed wiring, where there is one."""
        return self.wiring if isinstance(self.wiring, Skeleton) else None

    def to_json(self) -> str:
        """The declaration in a normal form, every default filled in: equal declarations give equal text."""
        fields: dict[str, object] = {
            "kind": "graph",
            "operations": self.operations,
            "operations_on": "edges" if self.on_edges else "vertices",
            "no_edge": self.no_edge,
            "identity": self.identity,
            "convolutions": self.convolutions,
            "inputs": self.inputs,
            "cells": self.cells,
        }
        if isinstance(self.wiring, Skeleton):
            fields["skeleton"] = {"nodes": self.wiring.nodes, "edges": self.wiring.edges}
        else:
            fields |= {"max_vertices": self.wiring.max_vertices, "max_edges": self.wiring.max_edges}
        return json.dumps(fields, sort_keys=True, separators=(",", ":"))

    def _check_operations(self) -> None:
        if not self.operations:
            raise InvalidSpaceError("the space has no operations: list at least one under 'operations'")
        if len(self.operations) > MAX_OPERATIONS:
            raise InvalidSpaceError(f"a space has up to {MAX_OPERATIONS} operations, not {len(self.operations)}")
        for operation in distinct_names(self.operations, "operation"):
            if operation in (INPUT, OUTPUT):
                raise InvalidSpaceError(f"operation {operation!r} has the name of an end of the graph: rename it")
        roles = [("no_edge", self.no_edge), ("identity", self.identity)]
        for role, name in [*roles, *(("convolution", each) for each in self.convolutions)]:
            if name is not None and name not in self.operations:
                raise InvalidSpaceError(
                    f"{role} {shown(name)} is not among the operations: {listed(self.operations)}; list it there too, "
                    "or leave it out here"
                )
        distinct_names(self.convolutions, "convolution")

    def _check_inputs(self) -> None:
        if not self.inputs:
            raise InvalidSpaceError("a space needs an input: name one, or leave 'inputs' out for one named 'input'")
        if len(self.inputs) > MAX_VERTICES - 1:
            raise InvalidSpaceError(f"a graph has up to {MAX_VERTICES - 1} inputs, not {len(self.inputs)}")
        # Several inputs become vertices of their own behind the one named "input".
        taken = {*self.operations, OUTPUT, *([INPUT] if len(self.inputs) > 1 else [])}
        for name in distinct_names(self.inputs, "input"):
            if name in taken:
                raise InvalidSpaceError(
                    f"input {name!r} has the name of an operation or of an end of the graph: rename it"
                )

    def _check_no_edge(self) -> None:
        if self.no_edge is None:
            return
        if not self.on_edges:
            raise InvalidSpaceError(
                f"no_edge {self.no_edge!r} needs operations on edges: set operations_on to 'edges', or leave it out"
            )
        if self.no_edge in (self.identity, *self.convolutions):
            raise InvalidSpaceError(
                f"no_edge {self.no_edge!r} is also the identity or a convolution: nothing passes where there is no "
                "edge, so name another operation there"
            )
        if not self.drawable:
            raise InvalidSpaceError(f"the only operation {self.no_edge!r} is no_edge: list one that is an edge")

    def _check_wiring(self) -> None:
        n_inputs, n_cells = len(self.inputs), max(1, len(self.cells))
        if isinstance(self.wiring, Limits):
            self.wiring.check(n_inputs, n_cells, on_edges=self.on_edges)
            # A direct edge and a chain of two, or one edge for each of several inputs, are two architectures.
            two_wirings = n_inputs > 1 or (self.wiring.max_vertices >= 3 and self.wiring.max_edges >= 2)
            way_out = "raise max_vertices to 3 and max_edges to 2, or list a second operation"
        else:
            least = n_inputs + (1 if self.on_edges else 2)
            if not least <= self.wiring.nodes <= MAX_VERTICES:
                raise InvalidSpaceError(
                    f"nodes {self.wiring.nodes} of the skeleton is not {least} to {MAX_VERTICES}, inputs and output "
                    "included"
                )
            self.wiring.check(self.inputs, n_cells, on_edges=self.on_edges)
            # Every edge of a skeleton lies on a path: with a second path, one edge of the two can be left out.
            two_paths = count_paths(self.wiring.nodes, n_inputs, self.wiring.edges) > 1
            two_wirings = self.no_edge is not None and two_paths
            way_out = "list a second operation, since its wiring is fixed"
        if len(self.drawable) == 1 and not two_wirings:
            raise InvalidSpaceError(f"the space has a single architecture: {way_out}")
