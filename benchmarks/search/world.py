"""A table as a world to search in: what can be proposed, and what training it would give."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from app.domain.architecture import Architecture
from app.spaces.registry import get_space
from benchmarks.tables import Table

_CHILDREN = 40  # of a row, drawn once: a child takes 5 ms where the table is thin
_TRIES = 200  # mutations until one hits the table, which need not hold the whole space


class World:
    """The rows of a table. Isomorphic cells are rows of their own, each a training with its own result."""

    def __init__(self, table: Table) -> None:
        self.space = get_space(table.space)
        self.architectures: Sequence[Architecture] = table.architectures
        self.values = table.values
        self.rows_of: dict[str, list[int]] = {}
        for row, architecture in enumerate(table.architectures):
            self.rows_of.setdefault(architecture.id, []).append(row)
        self.row_of = {str(each.notation): row for row, each in enumerate(table.architectures)}
        self._children: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def best(self) -> int:
        """Row of the best architecture."""
        return int(self.values.argmax())

    @cached_property
    def top(self) -> set[int]:
        """Rows of the best 0.1 %."""
        n = max(1, len(self) // 1000)
        return set(np.argsort(-self.values)[:n].tolist())

    def children(self, parent: int) -> Sequence[int]:
        """Rows that mutations lead to from another, the same whenever they are asked for."""
        if parent not in self._children:
            rng = np.random.default_rng(parent)
            self._children[parent] = list(dict.fromkeys(self.child(parent, rng) for _ in range(_CHILDREN)))
        return self._children[parent]

    def child(self, parent: int, rng: np.random.Generator) -> int:
        """A row that a few mutations lead to from another; one at random where none does within _TRIES."""
        architecture = self.architectures[parent]
        for _ in range(_TRIES):
            mutant = self.space.mutate(architecture, rng)
            if rows := self.rows_of.get(mutant.id):
                return rows[rng.integers(len(rows))]
            # Further away half of the time, for where the table is thin.
            architecture = mutant if rng.random() < 0.5 else self.architectures[parent]
        return int(rng.integers(len(self)))
