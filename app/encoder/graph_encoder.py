"""The trained graph encoder: the structural embedding in microseconds, and architectures back from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.encoder.graph_tensors import GraphTensors, operation_names
from app.encoder.network import DecoderNetwork, EncoderNetwork
from app.encoder.structural import StructuralEmbedding
from app.spaces.space import SearchSpace

WIDTH = 64
ROUNDS = 4
DECODER_WIDTH = 128


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Everything that the sizes of the weights follow from."""

    dimension: int
    n_cells: int
    max_vertices: int
    width: int = WIDTH
    rounds: int = ROUNDS
    decoder_width: int = DECODER_WIDTH

    @classmethod
    def of(cls, structural: StructuralEmbedding, graphs: GraphTensors, n_cells: int) -> "NetworkShape":
        """The shape for a space whose sample has these graphs."""
        return cls(structural.dimension, n_cells, graphs.operations.shape[1])


class GraphEncoder:
    """Embeds and decodes the architectures of a space; the same weights give the same embeddings.

    Args:
        shape: sizes of the weights, which are drawn at random until they are trained or loaded.
    """

    def __init__(self, space: SearchSpace, shape: NetworkShape) -> None:
        self.space = space
        self.shape = shape
        self._operations = operation_names(space.vocabulary)
        n_operations = len(self._operations)
        self.network = EncoderNetwork(n_operations, shape.n_cells, shape.dimension, shape.width, shape.rounds).eval()
        n_places = shape.n_cells * shape.max_vertices
        self.decoder = DecoderNetwork(n_operations, n_places, shape.dimension, shape.decoder_width).eval()

    @torch.inference_mode()
    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension)."""
        graphs = GraphTensors.of(architectures, self.space.vocabulary)
        embedding: NDArray[np.float32] = self.network(graphs.operations, graphs.adjacency).numpy()
        return embedding

    @torch.inference_mode()
    def decode(self, embedding: NDArray[np.float32]) -> list[Architecture | None]:
        """The architecture nearest to each point as the decoder sees it, or None where it is none of the space.

        Args:
            embedding: shape (n, dimension).
        """
        operations, edges = self.decoder(torch.from_numpy(np.ascontiguousarray(embedding, dtype=np.float32)))
        chosen, connected = operations.argmax(dim=-1), edges > 0
        return [self._architecture(ops, edge) for ops, edge in zip(chosen, connected, strict=True)]

    def _architecture(self, operations: Tensor, connected: Tensor) -> Architecture | None:
        cells = []
        for cell in range(self.shape.n_cells):
            span = slice(cell * self.shape.max_vertices, (cell + 1) * self.shape.max_vertices)
            places = [i for i in operations[span].tolist() if i < len(self._operations)]
            edges = connected[span, span][: len(places), : len(places)].triu(1).nonzero().tolist()
            try:
                graph = Graph(tuple(self._operations[i] for i in places), tuple((u, v) for u, v in edges))
            except InvalidArchitectureError:
                return None
            cells.append(graph.pruned())
        return self.space.from_cells(cells)
