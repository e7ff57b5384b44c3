"""Structural features: counts read off a graph, in named blocks, without training and without labels.

`bi`, `wl` and the paths follow the path encodings of White et al., "A Study on Encodings for Neural Architecture
Search" (NeurIPS 2020); `graf` follows Kadlecova et al., "Surprisingly Strong Performance Prediction with Neural Graph
Features" (ICML 2024); the rest is our own.

A block gives a dictionary from a feature's name to its value, where a name left out means zero; names are the same in
every graph of a space. `w` marks what is weighted by w(p), see `Path`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log, log1p, sqrt

from app.domain.graph import OUTPUT, Graph
from app.encoder.paths import Path, depths, heights, paths
from app.spaces.space import Vocabulary

Features = Mapping[str, float]

MOST_FOR_ALL_SUBSETS = 5  # all subsets of 7 or 9 operations gained nothing, at five times the time


@dataclass(frozen=True, slots=True)
class View:
    """A graph with what several blocks need of it."""

    graph: Graph
    vocabulary: Vocabulary
    paths: Sequence[Path]

    @classmethod
    def of(cls, graph: Graph, vocabulary: Vocabulary) -> "View":
        """The view of a pruned graph."""
        return cls(graph, vocabulary, paths(graph, vocabulary.inputs))

    def without_identity(self, path: Path) -> tuple[str, ...]:
        """The operations of a path that do something."""
        return tuple(op for op in path.operations if op != self.vocabulary.identity)


def operation_counts(view: View) -> Features:
    """`op`: how often each operation occurs."""
    return Counter(view.graph.operations[1:-1])


def path_operation_counts(view: View) -> Features:
    """`pop`: how often each operation but the identity occurs, summed over all paths."""
    return Counter(op for path in view.paths for op in view.without_identity(path))


def weighted_path_operation_counts(view: View) -> Features:
    """`popb`: the same, each path weighted by w(p)."""
    counts: Counter[str] = Counter()
    for path in view.paths:
        for op in view.without_identity(path):
            counts[op] += path.weight  # type: ignore[assignment]  # a Counter holds floats as well
    return counts


def whole_graph(view: View) -> Features:
    """`glob`: sizes, path lengths and degrees of the whole graph."""
    lengths = [len(path.operations) for path in view.paths] or [0]
    working = [len(view.without_identity(path)) for path in view.paths] or [0]
    weights = [path.weight for path in view.paths] or [0.0]
    return {
        "vertices": len(view.graph.operations) - 2,
        "edges": len(view.graph.edges),
        "paths": len(view.paths),
        "log_paths": log1p(len(view.paths)),
        "longest": max(lengths),
        "shortest": min(lengths),
        "mean_length": sum(lengths) / len(lengths),
        "w_length": _dot(weights, lengths),
        "w_length_working": _dot(weights, working),
        "longest_working": max(working),
        "shortest_working": min(working),
        "output_in_degree": len(view.graph.predecessors[-1]),
        "input_out_degree": len(view.graph.successors[0]),
        "direct": sum(not length for length in lengths) if view.paths else 0,
    }


def extremes(view: View) -> Features:
    """`ext`: per operation, and for all convolutions together, how often it occurs on a path: extremes and moments."""
    features: dict[str, float] = {}
    weights = [path.weight for path in view.paths]
    convolutions = frozenset(view.vocabulary.convolutions)
    for name, ops in [*((op, {op}) for op in view.vocabulary.operations), ("convolutions", convolutions)]:
        counts = [sum(op in ops for op in path.operations) for path in view.paths] or [0]
        mean = sum(counts) / len(counts)
        features[f"{name} most"] = max(counts)
        features[f"{name} fewest"] = min(counts)
        features[f"{name} mean"] = mean
        features[f"{name} w_mean"] = _dot(weights, counts) if weights else 0.0
        features[f"{name} spread"] = sqrt(sum((count - mean) ** 2 for count in counts) / len(counts))
    return features


def path_bags(view: View) -> Features:
    """`bag`: which operations occur on each path and how often, the identity dropped; and path lengths."""
    bags = Counter("+".join(sorted(view.without_identity(path))) for path in view.paths)
    bags.update(f"length {len(path.operations)}" for path in view.paths)
    return bags


def pairs_along_paths(view: View) -> Features:
    """`bi`: consecutive operations along the paths, with the ends, the identity dropped."""
    return Counter(pair for path in view.paths for pair in _pairs(view, path))


def weighted_pairs_along_paths(view: View) -> Features:
    """`bib`: the same, each path weighted by w(p)."""
    counts: dict[str, float] = {}
    for path in view.paths:
        for pair in _pairs(view, path):
            counts[pair] = counts.get(pair, 0.0) + path.weight
    return counts


def degrees(view: View) -> Features:
    """`deg`: each operation with its in-degree, and with its out-degree."""
    graph = view.graph
    counts = Counter(f"{op} in {len(before)}" for op, before in zip(graph.operations, graph.predecessors, strict=True))
    counts.update(f"{op} out {len(after)}" for op, after in zip(graph.operations, graph.successors, strict=True))
    return counts


def distances(view: View) -> Features:
    """`dep`: each operation with its longest and shortest distance from the input and to the output."""
    marks = ("from longest", "from shortest", "to longest", "to shortest")
    counts: Counter[str] = Counter()
    for mark, lengths in zip(marks, (*depths(view.graph), *heights(view.graph)), strict=True):
        counts.update(f"{op} {mark} {length}" for op, length in zip(view.graph.operations, lengths, strict=True))
    return counts


def neighborhoods(view: View) -> Features:
    """`wl`: each operation with those before and those after it (one Weisfeiler-Lehman round)."""
    ops = view.graph.operations
    return Counter(
        f"{','.join(sorted(ops[u] for u in before))}>{op}>{','.join(sorted(ops[w] for w in after))}"
        for op, before, after in zip(ops, view.graph.predecessors, view.graph.successors, strict=True)
    )


def restricted_paths(view: View) -> Features:
    """`graf`: for each set of operations, the paths that use only these."""
    graph = view.graph
    ends_of_output = [graph.operations[u] for u in graph.predecessors[-1]]
    ends_of_input = [graph.operations[v] for v in graph.successors[0]]
    used = [(frozenset(path.operations), len(path.operations)) for path in view.paths]
    features: dict[str, float] = {}
    for name, allowed in _subsets(view.vocabulary.operations):
        lengths = [length for ops, length in used if ops <= allowed]
        if lengths:
            features[f"{name} any"] = 1
            features[f"{name} shortest"] = min(lengths)
            features[f"{name} longest"] = max(lengths)
            features[f"{name} log_paths"] = log1p(len(lengths))
        features[f"{name} into_output"] = sum(op in allowed for op in ends_of_output)
        features[f"{name} out_of_input"] = sum(op in allowed for op in ends_of_input)
    return features


def log_cost(cost: tuple[float, float]) -> Features:
    """`cost`: logarithms of parameters and FLOPs, both in millions."""
    return {"log_params": log(cost[0]), "log_flops": log(cost[1])}


SCALED_BY_FEATURE: Mapping[str, Callable[[View], Features]] = {
    "op": operation_counts,
    "pop": path_operation_counts,
    "popb": weighted_path_operation_counts,
    "glob": whole_graph,
    "ext": extremes,
}
SCALED_AS_BLOCK: Mapping[str, Callable[[View], Features]] = {
    "bag": path_bags,
    "bi": pairs_along_paths,
    "bib": weighted_pairs_along_paths,
    "deg": degrees,
    "dep": distances,
    "wl": neighborhoods,
    "graf": restricted_paths,
}


def _dot(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _pairs(view: View, path: Path) -> list[str]:
    return [f"{a}>{b}" for a, b in pairwise((path.source, *view.without_identity(path), OUTPUT))]


def _subsets(operations: Sequence[str]) -> list[tuple[str, frozenset[str]]]:
    """All of them; of many operations the single ones, the pairs, and all but one."""
    n = len(operations)
    sizes = range(1, n + 1) if n <= MOST_FOR_ALL_SUBSETS else (1, 2, n - 1)
    return [("+".join(subset), frozenset(subset)) for size in sizes for subset in combinations(operations, size)]
