"""Architectures by their notation: parsed and embedded once, then remembered."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pydantic_core import from_json, to_json

from app.domain.architecture import Notation
from app.domain.errors import InvalidArchitectureError
from app.predictor.ports import Encoder, Float32Array
from app.predictor.store import SpaceRecord
from app.predictor.timings import timed
from app.spaces.space import SearchSpace

_Key = str | bytes

REMEMBERED = 16_384  # about 1.3 KB each at 218 columns: 21 MB


@dataclass(frozen=True, slots=True)
class Encoded:
    """An architecture as estimates need it.

    Args:
        embedding: shape (dimension,).
        proxies: those that a study declares, in its order; an encoding leaves them out.
    """

    architecture_id: str
    embedding: Float32Array
    proxies: tuple[float, ...] = ()


class Encoding:
    """Parses and embeds the notations of a space. Belongs to one thread at a time, but for what never changes.

    Args:
        declared: how the space was declared; None for one that comes with the program.
    """

    def __init__(self, space: SearchSpace, encoder: Encoder, declared: SpaceRecord | None = None) -> None:
        self.space = space
        self.encoder = encoder
        self.declared = declared
        self._remembered: OrderedDict[_Key, Encoded] = OrderedDict()

    @property
    def n_remembered(self) -> int:
        """How many notations are remembered, of REMEMBERED at most. On any thread."""
        return len(self._remembered)

    def encode(self, notations: Sequence[object]) -> list[Encoded | InvalidArchitectureError]:
        """Each notation encoded, or what is wrong with it.

        Args:
            notations: those that are objects also as the JSON that pydantic makes of them, as bytes: of one that is
                remembered, nothing is read.
        """
        keys = [_key(notation) for notation in notations]
        found = [self._remembered.get(key) for key in keys]
        if not all(found):
            return self._with_new(keys, notations)
        self._forget(keys)
        return cast("list[Encoded | InvalidArchitectureError]", found)

    def embed(self, notations: Sequence[Notation]) -> list[Float32Array]:
        """The embedding of each, of shape (dimension,).

        Raises:
            InvalidArchitectureError: one is no architecture.
        """
        rows = []
        for encoded in self.encode(notations):
            if not isinstance(encoded, Encoded):
                raise encoded
            rows.append(encoded.embedding)
        return rows

    def _with_new(self, keys: Sequence[_Key], notations: Sequence[object]) -> list[Encoded | InvalidArchitectureError]:
        found: dict[_Key, Encoded | InvalidArchitectureError] = {}
        missing: dict[_Key, object] = {}
        spelled: dict[_Key, _Key] = {}  # objects whose fields are in another order than here
        for key, notation in zip(keys, notations, strict=True):
            if key in self._remembered:
                found[key] = self._remembered[key]
            elif key not in missing and key not in spelled:
                value, own = notation, key
                if isinstance(notation, bytes):
                    value = from_json(notation)
                    if [*value] != sorted(value):  # else these bytes are its key
                        own = spelled[key] = _key(value)
                if own in self._remembered:
                    found[own] = self._remembered[own]
                else:
                    missing[own] = value
        parsed = {}
        with timed("parse"):
            for key, notation in missing.items():
                try:
                    parsed[key] = self.space.parse(notation)
                except InvalidArchitectureError as err:
                    found[key] = err
        with timed("encode"):
            embeddings = self.encoder.embed(list(parsed.values()))
        for (key, architecture), embedding in zip(parsed.items(), embeddings, strict=True):
            # A row of the batch would keep the whole batch in memory.
            found[key] = self._remembered[key] = Encoded(architecture.id, embedding.copy())
        for key, own in spelled.items():
            each = found[key] = found[own]
            if isinstance(each, Encoded):
                self._remembered[key] = each
        self._forget(keys)
        return [found[key] for key in keys]

    def _forget(self, used: Sequence[_Key]) -> None:
        for key in used:
            if key in self._remembered:
                self._remembered.move_to_end(key)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


def _key(notation: object) -> _Key:
    if isinstance(notation, (str, bytes)):  # a text is another notation than the object that it would be as JSON
        return notation
    if isinstance(notation, dict):
        notation = {name: notation[name] for name in sorted(notation)}
    try:
        return to_json(notation)
    except ValueError:  # too deep, or text that is no Unicode
        return json.dumps(notation, default=repr).encode()
