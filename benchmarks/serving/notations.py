"""Architectures as a client writes them, as many as are wanted and none twice, with a made-up value each."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

Notation = dict[str, Any]

_VERTICES = 7
_EDGES = (9, 8, 7)
_PAIRS = np.array(list(combinations(range(_VERTICES), 2)))
_NB101_OPS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
_DARTS_OPS = (
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "skip_connect",
    "max_pool_3x3",
    "avg_pool_3x3",
)
_NODES = range(2, 6)


def notations(space: str, seed: int = 0) -> Iterator[Notation]:
    """Notations in random order, all different.

    Args:
        space: "nasbench101", which has 1,164,456 such with seven vertices (of some 360,000 cells that differ: a vertex
            can often take another place), or "darts", which has more than anyone counts.
    """
    return {"nasbench101": _nasbench101, "darts": _darts}[space](np.random.default_rng(seed))


def made_up_value(notation: Notation, rng: np.random.Generator) -> float:
    """An accuracy in percent: smooth in the number of each operation and in the wiring, and noisy as trainings are."""
    if "ops" in notation:
        operations, wiring = notation["ops"], float(np.sum(notation["matrix"])) + sum(notation["matrix"][0])
    else:
        pairs = [*notation["normal"], *notation["reduce"]]
        operations, wiring = [op for op, _ in pairs], sum(source for _, source in pairs) / 2
    worth = sum(2.0 * ("3x3" in op and "conv" in op) + 1.0 * ("conv" in op) - 0.5 * ("pool" in op) for op in operations)
    return 94.0 - 10.0 * float(np.exp(-(worth + 0.3 * wiring) / 8.0)) + float(rng.normal(scale=0.2))


def _nasbench101(rng: np.random.Generator) -> Iterator[Notation]:
    wirings = [wiring for n in _EDGES for wiring in _wirings(n)]
    n_labels = len(_NB101_OPS) ** (_VERTICES - 2)
    for number in rng.permutation(len(wirings) * n_labels):
        wiring, label = divmod(int(number), n_labels)
        matrix = np.zeros((_VERTICES, _VERTICES), dtype=int)
        matrix[tuple(_PAIRS[wirings[wiring]].T)] = 1
        digits = [label // len(_NB101_OPS) ** i % len(_NB101_OPS) for i in range(_VERTICES - 2)]
        yield {"matrix": matrix.tolist(), "ops": ["input", *(_NB101_OPS[digit] for digit in digits), "output"]}


def _wirings(n_edges: int) -> np.ndarray:
    """Sets of edges without a dead vertex, shape (n, n_edges), as places in _PAIRS."""
    chosen = np.array(list(combinations(range(len(_PAIRS)), n_edges)))
    ends = _PAIRS[chosen]
    leads = np.all([np.any(ends[:, :, 0] == vertex, axis=1) for vertex in range(_VERTICES - 1)], axis=0)
    is_led_to = np.all([np.any(ends[:, :, 1] == vertex, axis=1) for vertex in range(1, _VERTICES)], axis=0)
    return np.asarray(chosen[leads & is_led_to])


def _darts(rng: np.random.Generator) -> Iterator[Notation]:
    # Two of some 10^18 that are the same would be a wonder.
    while True:
        yield {cell: _darts_cell(rng) for cell in ("normal", "reduce")}


def _darts_cell(rng: np.random.Generator) -> list[list[object]]:
    operations = iter(rng.integers(len(_DARTS_OPS), size=2 * len(_NODES)).tolist())
    pairs: list[list[object]] = []
    for node in _NODES:
        first = int(rng.integers(node))
        second = (first + 1 + int(rng.integers(node - 1))) % node
        pairs += [[_DARTS_OPS[next(operations)], source] for source in sorted((first, second))]
    return pairs
