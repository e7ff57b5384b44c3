"""A study in memory as it was at a revision: what a start would have to compute, or to read row by row.

A tree of parts, each of which an object writes of itself and is made of again. It is a cache: the store is the truth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, NamedTuple, Protocol, TypeVar, get_args, get_origin, get_type_hints
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from app.predictor.ports import NeighborIndex
from app.proximity.scales import Scales

T = TypeVar("T")

_BELOW = "/"


@dataclass(frozen=True, slots=True)
class Column:
    """The first n rows of an array; there may be room for more behind them.

    Args:
        origin: columns of one origin are the same but for rows that one has at its end and the other has not.
        buffer: shape (n or more, ...).
    """

    origin: str
    buffer: NDArray[Any]
    n: int

    @classmethod
    def of(cls, rows: NDArray[Any]) -> "Column":
        """A column that no other shares its rows with."""
        return cls(uuid4().hex, rows, len(rows))

    @property
    def rows(self) -> NDArray[Any]:
        """The rows, without a copy."""
        return self.buffer[: self.n]


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """An index of vectors that follow from the first rows of a column.

    Args:
        origin: of the column.
        n: vectors that it holds; it may have grown since.
    """

    origin: str
    index: NeighborIndex
    n: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is worth keeping of an object, by name.

    Args:
        notes: whatever is small, as JSON has it.
    """

    notes: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    indexes: dict[str, KeptIndex] = field(default_factory=dict)

    def put(self, name: str, part: "Snapshot") -> None:
        """Take in what is kept of a part."""
        self.notes.update(_under(name, part.notes))
        self.columns.update(_under(name, part.columns))
        self.indexes.update(_under(name, part.indexes))

    def part(self, name: str) -> "Snapshot":
        """What was kept of a part; empty where there was none."""
        return Snapshot(_below(name, self.notes), _below(name, self.columns), _below(name, self.indexes))

    def __bool__(self) -> bool:
        return bool(self.notes or self.columns)


class Fit(NamedTuple):
    """What the scales of a study's metric are a function of, with all observations before.

    Args:
        n: how many of the first observations.
        encoder: its checksum.
        corrected: see `StudyState.rewritten`.
    """

    study: str
    metric: str
    n: int
    encoder: str
    corrected: int


class StudyCache(Protocol):
    """Keeps snapshots of studies across restarts. Safe to call from any thread."""

    def load(self, study: str, encoder_checksum: str) -> Snapshot | None:
        """What was saved last for this study and encoder; None where there is nothing, or it is damaged."""

    def save(self, study: str, encoder_checksum: str, snapshot: Snapshot) -> None:
        """Replace what was saved, in one step; takes no longer than what is new in it."""

    def forget(self, study: str, but: str | None = None) -> None:
        """Remove what was saved for a study, but for the encoder of this checksum."""

    def scales(self, fit: Fit, compute: Callable[[], Scales]) -> Scales:
        """What a fit gives, computed by one of the servers that share a store, and by no other. May block."""


def snapshot_of(value: object) -> Snapshot:
    """A dataclass of arrays, of what JSON has, and of other such dataclasses, any of which may be None."""
    found = Snapshot()
    for each in fields(value):  # type: ignore[arg-type]
        held = getattr(value, each.name)
        if isinstance(held, np.ndarray):
            found.columns[each.name] = Column.of(held)
        elif is_dataclass(held):
            found.put(each.name, snapshot_of(held))
        elif held is not None:
            found.notes[each.name] = held
    return found


def restored(kind: type[T], snapshot: Snapshot) -> T:
    """The dataclass that a snapshot is of; see `snapshot_of`."""
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for name, hint in hints.items():
        part: Snapshot = snapshot.part(name)
        of: Any = next(filter(is_dataclass, (hint, *get_args(hint))), None)
        if name in snapshot.columns:
            found[name] = snapshot.columns[name].rows
        elif name in snapshot.notes:
            note = snapshot.notes[name]
            found[name] = tuple(note) if get_origin(hint) is tuple else note
        else:
            found[name] = restored(of, part) if of and part else None
    return kind(**found)


def _under(name: str, found: Mapping[str, T]) -> dict[str, T]:
    return {f"{name}{_BELOW}{key}": value for key, value in found.items()}


def _below(name: str, found: Mapping[str, T]) -> dict[str, T]:
    start = name + _BELOW
    return {key.removeprefix(start): value for key, value in found.items() if key.startswith(start)}
