"""The one-hot adjacency encoding.

C. White et al., "A Study on Encodings for Neural Architecture Search", NeurIPS 2020.
"""

from collections.abc import Sequence

import numpy as np

from app.domain.architecture import Architecture
from app.domain.graph import OUTPUT
from app.encoder.graph_arrays import GraphArrays, operation_names
from app.spaces.space import SearchSpace
from benchmarks.baselines.baseline import FloatArray, largest_cell


class AdjacencyEncoding:
    """Operation of each vertex, one-hot, and each possible edge, of all cells side by side.

    The output takes the last place of its cell, so that an edge to it is the same column in every cell. Vertices
    beyond the largest cell that was drawn from the space are left out.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._vocabulary = space.vocabulary
        self._max_vertices = largest_cell(space)
        self._names = operation_names(space.vocabulary)

    def __call__(self, architectures: Sequence[Architecture]) -> FloatArray:
        """Shape (n, columns): 0 or 1."""
        arrays = GraphArrays.of(architectures, self._vocabulary)
        output = self._names.index(OUTPUT)
        inner, last = self._max_vertices - 1, np.argmax(arrays.operations == output, axis=1)
        rows = np.arange(len(last))
        one_hot = np.eye(len(self._names) + 1, len(self._names))[arrays.operations]  # -1 takes the row of zeros
        one_hot[rows, last] = 0
        adjacency = arrays.adjacency.astype(np.float64)
        into_output = adjacency[rows, :, last]
        adjacency[rows, :, last] = 0
        square = np.zeros((len(last), self._max_vertices, self._max_vertices))
        kept = min(inner, adjacency.shape[1])
        square[:, :kept, :kept] = adjacency[:, :kept, :kept]
        square[:, :kept, -1] = into_output[:, :kept]
        operations = np.zeros((len(last), inner, len(self._names)))
        operations[:, :kept] = one_hot[:, :kept]
        upper = square[:, *np.triu_indices(self._max_vertices, 1)]
        cells = np.concatenate([operations.reshape(len(last), -1), upper], axis=1)
        return cells.reshape(len(architectures), -1)
