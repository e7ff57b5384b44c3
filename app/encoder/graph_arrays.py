"""Graphs as padded arrays, the form in which the graph encoder reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.domain.graph import INPUT, OUTPUT
from app.spaces.space import Vocabulary


@dataclass(frozen=True, slots=True)
class GraphArrays:
    """A batch of B cells, padded to V vertices each.

    Args:
        operations: shape (B, V): index into `operation_names`; -1 beyond a graph's last vertex.
        adjacency: shape (B, V, V): 1 where the row's vertex precedes the column's.
    """

    operations: NDArray[np.int64]
    adjacency: NDArray[np.float32]

    @classmethod
    def of(cls, architectures: Sequence[Architecture], vocabulary: Vocabulary) -> "GraphArrays":
        """The cells of all architectures, one architecture's after the other's."""
        index = {name: i for i, name in enumerate(operation_names(vocabulary))}
        cells = [cell for architecture in architectures for cell in architecture.cells]
        sizes = np.array([len(cell.operations) for cell in cells])
        names = chain.from_iterable([cell.operations for cell in cells])
        present = np.arange(sizes.max()) < sizes[:, None]
        operations = np.full(present.shape, -1, dtype=np.int64)
        operations[present] = [index[name] for name in names]
        adjacency = np.zeros((*present.shape, present.shape[1]), dtype=np.float32)
        ends = chain.from_iterable(chain.from_iterable([cell.edges for cell in cells]))
        sources, targets = np.fromiter(ends, np.intp).reshape(-1, 2).T
        adjacency[np.repeat(np.arange(len(cells)), [len(cell.edges) for cell in cells]), sources, targets] = 1
        return cls(operations, adjacency)


def operation_names(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Operations in the order of their index: those of the space, the input or inputs, and the output."""
    return (*vocabulary.operations, *vocabulary.inputs, INPUT, OUTPUT)
