"""An architecture: what is searched for, trained, and estimated."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.canonical import canonical_form, fingerprint
from app.domain.graph import Graph

Notation = str | dict[str, object]
"""How a search space writes an architecture: a string, or a JSON object."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One network of a search space.

    Args:
        id: equal for two notations exactly when their networks are isomorphic.
        cells: the graphs it is made of, each pruned and in canonical form.
        notation: as its space writes it.
    """

    id: str
    cells: tuple[Graph, ...]
    notation: Notation

    @classmethod
    def of(cls, cells: Sequence[Graph], notation: Notation) -> "Architecture":
        """The architecture made of these cells, whatever the numbering of their vertices."""
        canonical = tuple(canonical_form(cell) for cell in cells)
        return cls(fingerprint(canonical), canonical, notation)
