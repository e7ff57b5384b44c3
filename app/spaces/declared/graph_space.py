"""A search space of graphs, as its declaration says."""

from collections.abc import Iterator, Sequence

import numpy as np

from app.domain.architecture import Architecture, Notation
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.spaces.declared.cell import Cell
from app.spaces.declared.drawing import draw_cell
from app.spaces.declared.enumeration import every_cell
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.graph_notation import read_cell, write_cell
from app.spaces.declared.messages import listed, shown
from app.spaces.declared.moves import changed_cells
from app.spaces.declared.reconstruction import cell_of
from app.spaces.space import Vocabulary

_N_DRAWS = 100


class DeclaredGraphSpace:
    """A search space of graphs.

    Args:
        name: as studies name it.
        declaration: what its architectures are.
    """

    def __init__(self, name: str, declaration: GraphDeclaration) -> None:
        self.name = name
        self.cell_names = declaration.cells or ("graph",)
        self.declaration = declaration
        self.vocabulary = Vocabulary(
            operations=declaration.drawable,
            identity=declaration.identity,
            convolutions=declaration.convolutions,
            inputs=declaration.inputs if len(declaration.inputs) > 1 else (),
        )

    def parse(self, notation: object) -> Architecture:
        """The architecture of a notation such as `{"nodes": [...], "edges": [...]}`.

        Raises:
            InvalidArchitectureError: it is none of this space; says which part is wrong and what is allowed.
        """
        return self._architecture(self._cells(notation))

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The notation of these graphs; in a skeleton, the first that a search over its nodes finds."""
        if len(cells) != self._n_cells:
            return None
        found = [cell_of(graph, self.declaration) for graph in cells]
        known = [cell for cell in found if cell is not None]
        return self._architecture(known) if len(known) == len(cells) else None

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture whose graphs are drawn as `draw_cell` says."""
        return self._architecture([draw_cell(self.declaration, rng) for _ in range(self._n_cells)])

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The architecture with one change in one of its graphs, as `changed_cells` says; always another one.

        Where no single change leads to another architecture, one is drawn, or the first other one of the enumeration
        taken. There is one: a declaration of a single architecture is refused.
        """
        others = (each for each in self._neighbors(architecture, rng) if each.id != architecture.id)
        return next(others)

    def enumerate(self) -> Iterator[Architecture]:
        """Every notation, as `every_cell` has them, the last graph changing fastest."""
        return map(self._architecture, self._every_choice(self._n_cells))

    def cost(self, cells: Sequence[Graph]) -> None:  # noqa: ARG002 (the protocol's)
        """A declaration says nothing of parameters and FLOPs."""
        return

    @property
    def _n_cells(self) -> int:
        return len(self.declaration.cells) or 1

    def _architecture(self, cells: Sequence[Cell]) -> Architecture:
        graphs = [cell.graph(on_edges=self.declaration.on_edges) for cell in cells]
        return Architecture.of(graphs, self._notation(cells))

    def _notation(self, cells: Sequence[Cell]) -> Notation:
        written = [write_cell(cell, self.declaration) for cell in cells]
        if not self.declaration.cells:
            return written[0]
        return {"cells": dict(zip(self.declaration.cells, written, strict=True))}

    def _cells(self, notation: object) -> list[Cell]:
        names = self.declaration.cells
        if not names:
            return [read_cell(notation, self.declaration)]
        form = '{"cells": {' + ", ".join(f'"{name}": {{...}}' for name in names) + "}}"
        cells = notation.get("cells") if isinstance(notation, dict) and len(notation) == 1 else None
        if not isinstance(cells, dict):
            raise InvalidArchitectureError(f"an architecture of this space is written {form}, not as {shown(notation)}")
        for name in cells:
            if name not in names:
                raise InvalidArchitectureError(f"cell {shown(name)} is not one of {listed(names)}")
        return [self._cell(name, cells) for name in names]

    def _cell(self, name: str, cells: dict[str, object]) -> Cell:
        if name not in cells:
            raise InvalidArchitectureError(
                f"cell {name!r} is missing: an architecture has {listed(self.declaration.cells)}"
            )
        try:
            return read_cell(cells[name], self.declaration)
        except InvalidArchitectureError as err:
            raise InvalidArchitectureError(f"cell {name!r}: {err}") from err

    def _neighbors(self, architecture: Architecture, rng: np.random.Generator) -> Iterator[Architecture]:
        cells = self._cells(architecture.notation)
        for i in rng.permutation(len(cells)):
            for changed in changed_cells(cells[i], self.declaration, rng):
                yield self._architecture([*cells[:i], changed, *cells[i + 1 :]])
        yield from (self.sample(rng) for _ in range(_N_DRAWS))
        yield from self.enumerate()

    def _every_choice(self, n_cells: int) -> Iterator[list[Cell]]:
        if n_cells == 0:
            yield []
            return
        for first in every_cell(self.declaration):
            for rest in self._every_choice(n_cells - 1):
                yield [first, *rest]
