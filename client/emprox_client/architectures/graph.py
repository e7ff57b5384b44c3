"""A network as a graph of the operations that count, without the steps that are left out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

INPUT, OUTPUT = "input", "output"


class Drawing:
    """A graph that is drawn step by step. What flows is known by keys; a key that was not told is a constant.

    Args:
        inputs: by key, the names of the inputs; a single one is called "input".
    """

    def __init__(self, inputs: Mapping[Hashable, str]) -> None:
        names = list(inputs.values())
        self._names = [INPUT] if len(names) == 1 else names
        self._n_inputs = len(names)
        self._read: list[set[int]] = [set() for _ in names]
        # By key: the vertices from which comes what flows there.
        self._from = {key: {vertex} for vertex, key in enumerate(inputs)}

    def step(self, keys: Iterable[Hashable], sources: Iterable[Hashable], operation: Callable[[], str | None]) -> None:
        """Draw a step, after all those that it reads.

        Args:
            keys: of what it gives.
            sources: keys of what it reads.
            operation: says its name, or None where it is left out: what reads it then reads what it reads. It is not
                asked about a step that reads constants alone, which is left out too.
        """
        read = self._sources(sources)
        name = operation() if read else None
        if name is not None:
            self._names.append(name)
            self._read.append(read)
            read = {len(self._names) - 1}
        self._from.update(dict.fromkeys(keys, read))

    def notation(self, outputs: Iterable[Hashable]) -> dict[str, Any]:
        """The graph, as a declared graph space takes it: without what does not lead to the outputs."""
        returned = self._sources(outputs)
        kept = sorted({*range(self._n_inputs), *self._leading_to(returned)})
        number = {vertex: i for i, vertex in enumerate(kept)}
        edges = [[number[source], number[vertex]] for vertex in kept for source in self._read[vertex]]
        edges += [[number[source], len(kept)] for source in returned]
        return {"nodes": [*(self._names[vertex] for vertex in kept), OUTPUT], "edges": sorted(edges)}

    def _sources(self, keys: Iterable[Hashable]) -> set[int]:
        return {vertex for key in keys for vertex in self._from.get(key, ())}

    def _leading_to(self, vertices: Iterable[int]) -> set[int]:
        found: set[int] = set()
        waiting = list(vertices)
        while waiting:
            vertex = waiting.pop()
            if vertex not in found:
                found.add(vertex)
                waiting += self._read[vertex]
        return found
