"""What the use cases need of encoders, of indexes and of servers that share a store, as protocols with promises."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.spaces.space import SearchSpace

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EncoderTarget:
    """The encoder that a study is to be switched to.

    Args:
        version: within its space; None for the newest, whichever that is from then on.
        only_if_better: stay with the old one where the new one estimates worse.
    """

    version: str | None
    only_if_better: bool = False


class NeighborIndex(Protocol):
    """Finds the nearest of the vectors that were added. Every method may be called from any thread."""

    def save(self, path: Path, *, key: str, n: int) -> bool:
        """Write the index to a file, for whoever made it to read again; false where it is not worth a file, or does not
        hold n vectors any more.

        Raises:
            OSError: the disk is full or failed; what was there before still is.
        """

    @property
    def dimension(self) -> int:
        """Length of every vector."""

    def __len__(self) -> int: ...

    def add(self, vectors: Float32Array) -> None:
        """Add vectors; their labels count on from `len(self)`.

        Args:
            vectors: shape (n, dimension), finite.

        Raises:
            ValueError: another shape or dtype, or a value that is not finite; nothing was added.
        """

    def search(self, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
        """The nearest vectors of each query, nearest first.

        Args:
            queries: shape (m, dimension), finite.
            k: at least 1; at most `len(self)` neighbors are returned.

        Returns:
            Labels and Euclidean distances, both of shape (m, min(k, len(self))).

        Raises:
            ValueError: another shape or dtype, a value that is not finite, or k below 1.
        """


class Encoder(Protocol):
    """Places architectures of one search space in the embedding space. Safe to call from any thread."""

    @property
    def version(self) -> str:
        """Space and version, such as "nasbench201/1"."""

    @property
    def kind(self) -> str:
        """Which embedding of that version: "graph" or "structural"."""

    @property
    def checksum(self) -> str:
        """Changes whenever an embedding could."""

    @property
    def block_of_column(self) -> Int64Array:
        """Shape (dimension,): the block of features that each column belongs to, counted from 0."""

    @property
    def group_of_column(self) -> Int64Array:
        """Shape (dimension,): the columns that share a scale, counted from 0; a group lies within one block."""

    def embed(self, architectures: Sequence[Architecture]) -> Float32Array:
        """Shape (n, dimension), finite; the other architectures of a batch change a row by its rounding at most."""

    def decode(self, embeddings: Float32Array) -> list[Architecture]:
        """The architectures that points of the embedding space stand for, those left out that stand for none.

        Args:
            embeddings: shape (n, dimension).

        Returns:
            None at all where the encoder has no decoder.
        """


class Encoders(Protocol):
    """Finds the encoder that serves a search space. Safe to call from any thread."""

    def superseded(self, space: str, encoder: Encoder) -> bool:
        """Whether `load` would give another encoder than this one. Takes a millisecond: it compares manifests."""

    def versions(self, space: str) -> list[str]:
        """The trained versions of a space, newest first; those with a name, which never serve by themselves, last."""

    def load(self, space: SearchSpace, declaration: str = "", version: str | None = None) -> Encoder:
        """An encoder of a space; without a trained one, an embedding is made, which takes seconds, and kept.

        Args:
            version: one of `versions`; default the newest.
            declaration: of a declared space: what was kept for another one is made anew.

        Raises:
            CheckpointError: the encoder cannot be used.
            StoreError: an embedding was made and cannot be kept.
        """


class Changes(Protocol):
    """Tells servers that share a store of each other's changes. It only wakes up: what changed, the store says."""

    def tell(self) -> None:
        """Let the others look soon. Does not wait for anything; from any thread."""

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after so long. One thread at a time."""

    def close(self) -> None:
        """Release what it holds, once nobody waits any more."""


class Leases(Protocol):
    """Who does what only one of the servers that share a store should do. Safe to use from any thread."""

    def hold(self, what: str) -> AbstractContextManager[bool]:
        """Within it no other server holds the same; false where one does. A server that dies holds nothing any more.

        Raises:
            StoreError: it cannot be told.
        """


class Alone:
    """The `Leases` of a store that is one server's."""

    def hold(self, what: str) -> AbstractContextManager[bool]:  # noqa: ARG002
        """See `Leases.hold`."""
        return nullcontext(enter_result=True)


@dataclass(frozen=True, slots=True)
class Shared:
    """What servers that share a store are told of each other."""

    changes: Changes
    leases: Leases
