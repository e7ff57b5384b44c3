"""The trained graph encoder: the structural embedding in microseconds, and architectures back from it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.encoder.forward import DecoderForward, EncoderForward, Weights
from app.encoder.graph_arrays import operation_names
from app.encoder.network_shape import NetworkShape
from app.spaces.space import SearchSpace


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
        shape.check(weights, len(self._operations))
        self._encode = EncoderForward(weights, shape.n_cells, shape.rounds, self._operations)
        self._decode = DecoderForward(weights)

    def __reduce__(self) -> tuple[type["GraphEncoder"], tuple[SearchSpace, NetworkShape, Weights]]:
        return GraphEncoder, (self.space, self.shape, self.weights)  # compiled networks cannot be sent to a process

    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension)."""
        return self._encode([cell for architecture in architectures for cell in architecture.cells])

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
