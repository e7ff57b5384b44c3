"""What sums over all paths of a graph come to, in two passes over its edges: there may be hundreds of paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.domain.graph import INPUT, OUTPUT, Graph
from app.spaces.space import Vocabulary

Key = TypeVar("Key")
Sum = tuple[float, float]
"""Over paths: of ones, and of w(p)."""


@dataclass(frozen=True, slots=True)
class PathSums:
    """Sums over the input-to-output paths of a graph; operations that do nothing are passed over.

    Args:
        operations: how often each is on a path.
        pairs: how often each two follow each other on a path, its ends included.
    """

    operations: dict[str, Sum]
    pairs: dict[tuple[str, str], Sum]

    @classmethod
    def of(cls, graph: Graph, vocabulary: Vocabulary) -> "PathSums":
        """The sums of a pruned graph.

        A path that passes over a vertex is one that leads to it, and then one that leads on from it: of each two there
        is one, and its weight is the product of theirs.
        """
        operations: dict[str, Sum] = {}
        pairs: dict[tuple[str, str], Sum] = {}
        onward = _onward(graph)
        leaving: list[dict[str, Sum]] = []  # paths that lead on from a vertex, by what they did last
        for vertex, (op, before) in enumerate(zip(graph.operations, graph.predecessors, strict=True)):
            arriving: dict[str, Sum] = {}
            for u in before:
                for last, (n, weight) in leaving[u].items():
                    _add(arriving, last, n, weight / len(before))
            if not vertex:
                leaving.append({INPUT: (1, 1.0)})
            elif op == vocabulary.identity:
                leaving.append(arriving)
            else:
                n_here, weight_here = 0.0, 0.0
                n_onward, weight_onward = onward[vertex]
                for last, (n, weight) in arriving.items():
                    n_here += n
                    weight_here += weight
                    if op not in vocabulary.inputs:
                        _add(pairs, (last, op), n * n_onward, weight * weight_onward)
                leaving.append({op: (n_here, weight_here)})
                if op not in vocabulary.inputs and op != OUTPUT:
                    _add(operations, op, n_here * n_onward, weight_here * weight_onward)
        return cls(operations, pairs)


def _onward(graph: Graph) -> Sequence[Sum]:
    """Over the ways from each vertex to the output."""
    shares = [1 / max(1, len(before)) for before in graph.predecessors]
    found: list[Sum] = [(1, 1.0)] * len(shares)
    for vertex in range(len(shares) - 2, -1, -1):
        n_here, weight_here = 0.0, 0.0
        for v in graph.successors[vertex]:
            n, weight = found[v]
            n_here += n
            weight_here += weight * shares[v]
        found[vertex] = n_here, weight_here
    return found


def _add(sums: dict[Key, Sum], key: Key, n: float, weight: float) -> None:
    if key in sums:
        n_so_far, weight_so_far = sums[key]
        n, weight = n_so_far + n, weight_so_far + weight
    sums[key] = n, weight
