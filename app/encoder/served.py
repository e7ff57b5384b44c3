"""An encoder as the service uses it: one of the two embeddings of a checkpoint, with its version."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.encoder.structural import StructuralEmbedding

# More at once gains no speed and only costs memory.
_CHUNK = 512


class EncoderKind(StrEnum):
    """Which embedding of a checkpoint: the graph encoder's, or the structural one that it learned."""

    GRAPH = "graph"
    STRUCTURAL = "structural"


class _Embeds(Protocol):
    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class ServedEncoder:
    """An embedding with what a study needs to know of it. Safe to call from any thread.

    Args:
        version: space and version, such as "nasbench201/1".
        checksum: SHA-256 of the weights, and the kind; changes whenever an embedding could.
        structural: gives the meaning of the columns.
    """

    version: str
    kind: EncoderKind
    checksum: str
    structural: StructuralEmbedding
    embedding: _Embeds

    @property
    def block_of_column(self) -> NDArray[np.int64]:
        """Shape (dimension,): the block of features that each column belongs to."""
        return self.structural.block_of_column

    @property
    def group_of_column(self) -> NDArray[np.int64]:
        """Shape (dimension,): the columns that share a scale."""
        return self.structural.group_of_column

    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension)."""
        if not architectures:
            return np.empty((0, self.structural.dimension), dtype=np.float32)
        chunks = [architectures[i : i + _CHUNK] for i in range(0, len(architectures), _CHUNK)]
        return np.concatenate([self.embedding.embed(chunk) for chunk in chunks])
