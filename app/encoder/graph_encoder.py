"""The trained graph encoder: the structural embedding in microseconds, and architectures back from it."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.encoder.forward import DecoderForward, EncoderForward, Weights
from app.encoder.graph_arrays import GraphArrays, operation_names
from app.encoder.network_shape import NetworkShape
from app.spaces.space import SearchSpace

_CHUNK = 512  # vertices, padding included: their states stay in the cache of a core


class GraphEncoder:
    """Embeds and decodes the architectures of a space. Safe to call from any thread.

    Args:
        weights: of `EncoderNetwork` and `DecoderNetwork`, their names led by "network." and "decoder.".

    Raises:
        ValueError: the weights are not those of this shape; says which.
    """

    def __init__(self, space: SearchSpace, shape: NetworkShape, weights: Weights) -> None:
        self.space = space
        self.shape = shape
        self.weights = weights
        self._operations = operation_names(space.vocabulary)
        self._index = {name: i for i, name in enumerate(self._operations)}
        shape.check(weights, len(self._operations))
        self._encode = EncoderForward(weights, shape.n_cells, shape.rounds, len(self._operations))
        self._decode = DecoderForward(weights)

    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension)."""
        cells = [cell for architecture in architectures for cell in architecture.cells]
        pooled = np.empty((len(cells), self._encode.pooled_width), dtype=np.float32)
        for chosen in _chunks([len(cell.operations) for cell in cells]):
            graphs = GraphArrays.of_cells([cells[i] for i in chosen], self._index)
            which = np.array(chosen)
            pooled[which] = self._encode.pooled(graphs.operations, graphs.adjacency, which % self.shape.n_cells)
        return self._encode.embedding(pooled.reshape(len(architectures), -1))

    def decode(self, embedding: NDArray[np.float32]) -> list[Architecture | None]:
        """The architecture nearest to each point as the decoder sees it, or None where it is none of the space.

        Args:
            embedding: shape (n, dimension).
        """
        operations, edges = self._decode(np.asarray(embedding, dtype=np.float32))
        return [
            self._architecture(chosen, connected)
            for chosen, connected in zip(operations.argmax(axis=2).tolist(), edges > 0, strict=True)
        ]

    def _architecture(self, operations: list[int], connected: NDArray[np.bool_]) -> Architecture | None:
        cells = []
        for cell in range(self.shape.n_cells):
            span = slice(cell * self.shape.max_vertices, (cell + 1) * self.shape.max_vertices)
            places = [i for i in operations[span] if i < len(self._operations)]
            edges = np.argwhere(np.triu(connected[span, span][: len(places), : len(places)], 1)).tolist()
            try:
                graph = Graph(tuple(self._operations[i] for i in places), tuple((u, v) for u, v in edges))
            except InvalidArchitectureError:
                return None
            cells.append(graph.pruned())
        return self.space.from_cells(cells)


def _chunks(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Places of the cells in chunks of about as many vertices as fit the cache of a core, cells of like size together.

    Args:
        sizes: vertices of each cell.
    """
    by_size = sorted(range(len(sizes)), key=sizes.__getitem__)
    while by_size:
        n = max(1, _CHUNK // sizes[by_size[-1]])
        yield by_size[-n:]
        del by_size[-n:]
