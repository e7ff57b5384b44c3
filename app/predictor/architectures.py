"""The architectures of a study that were trained, each with a number: its place of first appearance."""

from collections.abc import Sequence

import numpy as np
from pydantic_core import from_json, to_json

from app.domain.architecture import Notation
from app.predictor.growing import GrowingRows
from app.predictor.observation_log import EmbeddingArray
from app.predictor.ports import Float32Array, Int64Array
from app.predictor.snapshot import Snapshot
from app.proximity.kernel import FloatArray

_ID_BYTES = 32


class Architectures:
    """Ids, notations and embeddings in arrays: a million of them as objects would take several gigabytes.

    Belongs to one thread at a time.

    Args:
        dimension: of an embedding.
        n_proxies: of each.
    """

    def __init__(self, dimension: int, n_proxies: int) -> None:
        kind = np.float64 if n_proxies else np.float32  # the units of proxies are any
        self._dimension, self._n_proxies = dimension, n_proxies
        self._ids = GrowingRows(np.empty((0, _ID_BYTES), dtype=np.uint8))
        self._columns = GrowingRows(np.empty((0, dimension + n_proxies), dtype=kind))
        self._texts = GrowingRows(np.empty(0, dtype=np.uint8))  # one notation after the other, as JSON
        self._ends = GrowingRows(np.empty(0, dtype=np.int64))
        self._numbers: dict[bytes, int] = {}

    @classmethod
    def kept(cls, dimension: int, n_proxies: int, snapshot: Snapshot) -> "Architectures":
        """Those of a snapshot."""
        found = cls(dimension, n_proxies)
        found._ids, found._columns, found._texts, found._ends = (
            GrowingRows.kept(snapshot.columns[name]) for name in ("ids", "columns", "texts", "ends")
        )
        ids = np.ascontiguousarray(found._ids.rows).view(f"S{_ID_BYTES}").ravel().tolist()
        found._numbers = dict(zip(ids, range(len(ids)), strict=True))
        return found

    def snapshot(self) -> Snapshot:
        """What is worth keeping."""
        kept = {"ids": self._ids, "columns": self._columns, "texts": self._texts, "ends": self._ends}
        return Snapshot(columns={name: rows.column for name, rows in kept.items()})

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def columns(self) -> EmbeddingArray:
        """Embeddings with proxies, shape (n, d): a view of those so far."""
        return self._columns.rows

    def number(self, architecture_id: str) -> int | None:
        """The number of an architecture, if it was trained."""
        return self._numbers.get(architecture_id.encode())

    def id(self, number: int) -> str:
        """The id of an architecture."""
        return bytes(self._ids.rows[number]).rstrip(b"\0").decode()

    def notation(self, number: int) -> Notation:
        """An architecture as it was sent first."""
        start = self._ends.rows[number - 1] if number else 0
        found: Notation = from_json(self._texts.rows[start : self._ends.rows[number]].tobytes())
        return found

    def embedding(self, number: int) -> Float32Array:
        """The embedding of an architecture, shape (d,)."""
        return self._columns.rows[number, : self._dimension].astype(np.float32)

    def row(self, architecture_id: str, embedding: Float32Array, proxies: Sequence[float]) -> EmbeddingArray:
        """Columns of any architecture, shape (d,): its own where it was trained, or else these.

        An architecture embeds a little differently in another batch, and a trained one has to be at distance 0.
        """
        number = self.number(architecture_id)
        if number is not None:
            embedding = self._columns.rows[number]
            if not self._n_proxies or not np.isnan(embedding[self._dimension :]).any():
                return embedding
            embedding = embedding[: self._dimension]
        return np.append(embedding, proxies) if self._n_proxies else embedding

    def add(
        self,
        ids: Sequence[str],
        notations: Sequence[Notation],
        embeddings: Sequence[Float32Array] | Float32Array,
        proxies: Sequence[Sequence[float]],
    ) -> Int64Array:
        """The number of each architecture.

        Args:
            embeddings: each of shape (d,).
            proxies: of each, NaN for one that is not known; those of an architecture are the first that are all known.

        Raises:
            ValueError: an id is too long.
        """
        keys = [each.encode() for each in ids]
        if longer := next((each for each in ids if len(each) > _ID_BYTES), None):
            raise ValueError(f"architecture id {longer[:80]!r} has more than {_ID_BYTES} characters")
        first: dict[bytes, int] = {}
        for i, key in enumerate(keys):
            if key not in self._numbers:
                first[key] = i
                self._numbers[key] = len(self._numbers)
        if first:
            chosen = first.values()
            self._append(
                list(first),
                [notations[i] for i in chosen],
                [embeddings[i] for i in chosen],
                [proxies[i] for i in chosen],
            )
        numbers = [self._numbers[key] for key in keys]
        if self._n_proxies:
            for number, known in zip(numbers, proxies, strict=True):
                self._learn(number, np.array(known))
        return np.array(numbers, dtype=np.int64)

    def _append(
        self,
        keys: list[bytes],
        notations: list[Notation],
        embeddings: list[Float32Array],
        proxies: list[Sequence[float]],
    ) -> None:
        texts = [to_json(each) for each in notations]
        so_far = self._ends.rows[-1] if len(self._ends) else 0
        columns: EmbeddingArray = np.stack(embeddings)
        if self._n_proxies:
            columns = np.concatenate([columns, np.array(proxies)], axis=1)
        self._columns.append(columns)
        self._ids.append(np.array(keys, dtype=f"S{_ID_BYTES}").view(np.uint8).reshape(-1, _ID_BYTES))
        self._texts.append(np.frombuffer(b"".join(texts), dtype=np.uint8))
        self._ends.append(so_far + np.cumsum([len(text) for text in texts]))

    def _learn(self, number: int, proxies: FloatArray) -> None:
        row = self._columns.rows[number]
        if np.isnan(row[self._dimension :]).any() and not np.isnan(proxies).any():
            self._columns.change(number, np.concatenate([row[: self._dimension], proxies]))
