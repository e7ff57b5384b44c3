"""What a search space can do, and what the structural features need to know of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.domain.architecture import Architecture
from app.domain.graph import Graph


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable of a space of choices.

    Args:
        name: leads the operation of its vertex, "name=value".
        values: as that operation writes them.
        ordered: whether values further apart in the list differ more.
    """

    name: str
    values: tuple[str, ...]
    ordered: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The operations of a space, and the roles that some of them play.

    Args:
        operations: names of the operations on vertices, input and output apart.
        identity: the operation that passes its input on unchanged, where there is one.
        convolutions: those that are counted together as convolutions.
        inputs: of a cell that reads several, the names of the vertices that stand for them, right after "input".
        choices: the variables of a space of choices, whose graphs say which value each active one has.
    """

    operations: tuple[str, ...]
    identity: str | None
    convolutions: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


class SearchSpace(Protocol):
    """A set of architectures with a notation. Stateless: safe to use from any thread."""

    @property
    def name(self) -> str:
        """As studies name it."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Operations of its graphs."""

    @property
    def cell_names(self) -> Sequence[str]:
        """What the graphs of an architecture are called, in their order."""

    def parse(self, notation: object) -> Architecture:
        """The architecture that a notation stands for.

        Raises:
            InvalidArchitectureError: it is none of this space; says what is wrong and what is allowed.
        """

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The architecture of these graphs in the space's notation, or None where the space has none like it."""

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture drawn uniformly from the notations of the space."""

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """A neighbor: one random change of the notation, to another architecture."""

    def enumerate(self) -> Iterator[Architecture]:
        """Every notation of the space, in a fixed order."""

    def cost(self, cells: Sequence[Graph]) -> tuple[float, float] | None:
        """Parameters and FLOPs, both in millions, where the space has a formula for them."""
