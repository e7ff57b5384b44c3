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
from hashlib import blake2b
from itertools import chain, combinations, repeat, starmap
from math import log, log1p

import numpy as np

from app.domain.graph import Graph
from app.domain.remembering import remembering
from app.encoder.path_sums import PathSums
from app.encoder.paths import Path, depths, heights, paths
from app.spaces.space import Vocabulary

Features = Mapping[str, float]

MOST_FOR_ALL_SUBSETS = 5  # all subsets of 7 or 9 operations gained nothing, at five times the time
MOST_FOR_PAIRS = 16  # 64 operations have 2,016 pairs, whose features took 2 GB for a sample of 2,000 graphs
# A digest stands for the name of a feature that is longer: a path of 60 operations could have one of 4,000 characters.
LONGEST_NAME = 160


@dataclass(frozen=True, slots=True)
class View:
    """A graph with what several blocks need of it.

    Args:
        counts: how often each operation occurs on each path.
        working: the same of the operations that do something.
    """

    graph: Graph
    vocabulary: Vocabulary
    paths: Sequence[Path]
    counts: Sequence[Counter[str]]
    working: Sequence[Mapping[str, int]]
    sums: PathSums

    @classmethod
    def of(cls, graph: Graph, vocabulary: Vocabulary) -> "View":
        """The view of a pruned graph."""
        found = paths(graph, vocabulary.inputs)
        counts = [Counter(path.operations) for path in found]
        idle = vocabulary.identity
        working = [{op: n for op, n in each.items() if op != idle} if idle in each else each for each in counts]
        return cls(graph, vocabulary, found, counts, working, PathSums.of(graph, vocabulary))


def operation_counts(view: View) -> Features:
    """`op`: how often each operation occurs."""
    return Counter(view.graph.operations[1:-1])


def path_operation_counts(view: View) -> Features:
    """`pop`: how often each operation but the identity occurs, summed over all paths."""
    return {op: n for op, (n, _) in view.sums.operations.items()}


def weighted_path_operation_counts(view: View) -> Features:
    """`popb`: the same, each path weighted by w(p)."""
    return {op: weight for op, (_, weight) in view.sums.operations.items()}


def whole_graph(view: View) -> Features:
    """`glob`: sizes, path lengths and degrees of the whole graph."""
    lengths = [len(path.operations) for path in view.paths] or [0]
    working = [sum(each.values()) for each in view.working] or [0]
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
    present = sorted({*view.graph.operations} & {*view.vocabulary.operations})
    if not view.paths:
        return {}
    convolutions = [op for op in view.vocabulary.convolutions if op in present]
    counts = np.array(
        [[*map(each.__getitem__, present), sum(map(each.__getitem__, convolutions))] for each in view.counts],
        dtype=float,
    )
    weights = np.array([path.weight for path in view.paths])
    columns = {
        "most": counts.max(axis=0),
        "fewest": counts.min(axis=0),
        "mean": counts.mean(axis=0),
        "w_mean": weights @ counts,
        "spread": counts.std(axis=0),
    }
    names = [*present, "convolutions"]
    return {f"{name} {what}": float(value[i]) for what, value in columns.items() for i, name in enumerate(names)}


def path_bags(view: View) -> Features:
    """`bag`: which operations occur on each path and how often, the identity dropped; and path lengths."""
    bags: Counter[str] = Counter()
    for bag, n in Counter([frozenset(working.items()) for working in view.working]).items():
        bags[_short("+".join(chain.from_iterable(starmap(repeat, sorted(bag)))))] += n
    bags.update(f"length {len(path.operations)}" for path in view.paths)
    return bags


def pairs_along_paths(view: View) -> Features:
    """`bi`: consecutive operations along the paths, with the ends, the identity dropped."""
    return {f"{a}>{b}": n for (a, b), (n, _) in view.sums.pairs.items()}


def weighted_pairs_along_paths(view: View) -> Features:
    """`bib`: the same, each path weighted by w(p)."""
    return {f"{a}>{b}": weight for (a, b), (_, weight) in view.sums.pairs.items()}


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
        _short(f"{','.join(sorted(ops[u] for u in before))}>{op}>{','.join(sorted(ops[w] for w in after))}")
        for op, before, after in zip(ops, view.graph.predecessors, view.graph.successors, strict=True)
    )


def restricted_paths(view: View) -> Features:
    """`graf`: for each set of operations, the paths that use only these."""
    graph = view.graph
    ends_of_output = [graph.operations[u] for u in graph.predecessors[-1]]
    ends_of_input = [graph.operations[v] for v in graph.successors[0]]
    lengths_of: dict[frozenset[str], list[int]] = {}
    for path in view.paths:
        lengths_of.setdefault(frozenset(path.operations), []).append(len(path.operations))
    features: dict[str, float] = {}
    for name, allowed in _subsets(view.vocabulary.operations):
        lengths = [length for ops, several in lengths_of.items() if ops <= allowed for length in several]
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


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else blake2b(name.encode(), digest_size=16).hexdigest()


@remembering("operation_subsets", 64)
def _subsets(operations: tuple[str, ...]) -> list[tuple[str, frozenset[str]]]:
    """All of them; of many operations the single ones, the pairs, and all but one; of very many the single ones."""
    n = len(operations)
    sizes: Sequence[int] = range(1, n + 1)
    if n > MOST_FOR_ALL_SUBSETS:
        sizes = (1, 2, n - 1) if n <= MOST_FOR_PAIRS else (1,)
    return [
        (_short("+".join(subset)), frozenset(subset)) for size in sizes for subset in combinations(operations, size)
    ]
