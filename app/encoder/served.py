"""An encoder as the service uses it: an embedding of a checkpoint, with its version."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture

# More at once gains no speed and only costs memory.
_CHUNK = 512


class EncoderKind(StrEnum):
    """Which embedding: the graph encoder's, the structural one that it learned, or the paper's sequence encoder's."""

    GRAPH = "graph"
    STRUCTURAL = "structural"
    SEQUENCE = "sequence"


class _Decodes(Protocol):
    def decode(self, embedding: NDArray[np.float32]) -> list[Architecture | None]: ...


class _Embeds(Protocol):
    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class ServedEncoder:
    """An embedding with what a study needs to know of it. Safe to call from any thread.

    Args:
        version: space and version, such as "nasbench201/1".
        checksum: version, SHA-256 of the weights, and kind; changes whenever an embedding could.
        block_of_column: shape (dimension,): the block of features that each column belongs to.
        group_of_column: shape (dimension,): the columns that share a scale.
        decoder: gives architectures back, where one was trained.
    """

    version: str
    kind: EncoderKind
    checksum: str
    block_of_column: NDArray[np.int64]
    group_of_column: NDArray[np.int64]
    embedding: _Embeds
    decoder: _Decodes | None = None

    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension); rows of isomorphic architectures are equal to the last bit."""
        if not architectures:
            return np.empty((0, len(self.block_of_column)), dtype=np.float32)
        by_id = {architecture.id: architecture for architecture in architectures}
        row_of = {key: row for row, key in enumerate(by_id)}
        distinct = list(by_id.values())
        chunks = [distinct[i : i + _CHUNK] for i in range(0, len(distinct), _CHUNK)]
        return np.concatenate([self.embedding.embed(chunk) for chunk in chunks])[
            [row_of[each.id] for each in architectures]
        ]

    def decode(self, embeddings: NDArray[np.float32]) -> list[Architecture]:
        """The architectures that points (n, dimension) stand for; none where the embedding has no decoder."""
        decoded = self.decoder.decode(embeddings) if self.decoder else []
        return [architecture for architecture in decoded if architecture is not None]
