"""NAS-Bench-201 as EmProx, NAO and SemiNAS were published on it: cells with all six operations, "none" among them.

Our graphs are pruned of what is dead and in canonical form, which serves every baseline well. To see that one reaches
its published figures, it is run on these cells instead.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np

from app.domain.architecture import Architecture
from app.domain.canonical import fingerprint
from app.domain.graph import INPUT, OUTPUT, Graph
from app.spaces.nasbench201 import EDGES, OPERATIONS, NasBench201
from app.spaces.space import SearchSpace, Vocabulary
from benchmarks.baselines.baseline import Baseline, FloatArray


class PublishedCells(NasBench201):
    """NAS-Bench-201, with one graph for all cells and the operation "none" as any other."""

    vocabulary = Vocabulary(OPERATIONS, NasBench201.vocabulary.identity, NasBench201.vocabulary.convolutions)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A cell with each of its six operations drawn uniformly."""
        return published(super().sample(rng))


class OnPublishedCells:
    """A baseline that is given the published cells of the architectures.

    Args:
        make: gives the baseline for a space.
    """

    def __init__(self, make: Callable[[SearchSpace], Baseline]) -> None:
        self._baseline = make(PublishedCells())

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """Fit the baseline."""
        self._baseline.fit([published(architecture) for architecture in architectures], values, seed)

    def predict(self, architectures: Sequence[Architecture]) -> FloatArray:
        """Shape (n,), in the metric's unit."""
        return self._baseline.predict([published(architecture) for architecture in architectures])


def published(architecture: Architecture) -> Architecture:
    """The same NAS-Bench-201 cell with all its operations, in the order of its notation."""
    operations = re.findall(r"(\w+)~", str(architecture.notation))
    output = len(EDGES) + 1
    edges = [(0, v) for v, (source, _) in enumerate(EDGES, start=1) if source == 0]
    for u, (_, target) in enumerate(EDGES, start=1):
        edges += [(u, v) for v, (source, _) in enumerate(EDGES, start=1) if source == target]
        if target == 3:
            edges.append((u, output))
    cells = (Graph((INPUT, *operations, OUTPUT), tuple(edges)),)
    return Architecture(fingerprint(cells), cells, architecture.notation)
