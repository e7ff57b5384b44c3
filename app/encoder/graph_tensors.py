"""Graphs as padded tensors, the form in which the graph encoder reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.domain.architecture import Architecture
from app.domain.graph import INPUT, OUTPUT
from app.spaces.space import Vocabulary


@dataclass(frozen=True, slots=True)
class GraphTensors:
    """A batch of B cells, padded to V vertices each.

    Args:
        operations: shape (B, V), int64: index into `operation_names`; -1 beyond a graph's last vertex.
        adjacency: shape (B, V, V), float32: 1 where the row's vertex precedes the column's.
    """

    operations: Tensor
    adjacency: Tensor

    @classmethod
    def of(cls, architectures: Sequence[Architecture], vocabulary: Vocabulary) -> "GraphTensors":
        """The cells of all architectures, one architecture's after the other's."""
        index = {name: i for i, name in enumerate(operation_names(vocabulary))}
        cells = [cell for architecture in architectures for cell in architecture.cells]
        n_vertices = max(len(cell.operations) for cell in cells)
        operations = np.full((len(cells), n_vertices), -1, dtype=np.int64)
        adjacency = np.zeros((len(cells), n_vertices, n_vertices), dtype=np.float32)
        for i, cell in enumerate(cells):
            operations[i, : len(cell.operations)] = [index[op] for op in cell.operations]
            if cell.edges:
                sources, targets = zip(*cell.edges, strict=True)
                adjacency[i, sources, targets] = 1
        return cls(torch.from_numpy(operations), torch.from_numpy(adjacency))


def operation_names(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Operations in the order of their index: those of the space, then input and output."""
    return (*vocabulary.operations, INPUT, OUTPUT)
