"""Architectures as token sequences, the form in which the sequence encoder reads them.

NAO's notation (Luo et al., "Neural Architecture Optimization", NeurIPS 2018): for each vertex of the canonical graph
after the input, the vertices that it reads from, in ascending order, then its operation. A cell ends with the
operation "output", which so separates it from the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import INPUT, OUTPUT, Graph
from app.encoder.graph_arrays import operation_names
from app.spaces.space import Vocabulary

START = 0  # what the decoder reads before its first token, and what pads short sequences


@dataclass(frozen=True, slots=True)
class TokenAlphabet:
    """The tokens of a space: START, then the vertices that can be read from, then the operations, "output" last.

    Args:
        operations: names of the operations on vertices, "output" last, "input" left out.
        max_vertices: of the largest cell that is written exactly.
    """

    operations: tuple[str, ...]
    max_vertices: int

    @classmethod
    def of(cls, vocabulary: Vocabulary, max_vertices: int) -> "TokenAlphabet":
        """The alphabet of a space."""
        return cls(tuple(name for name in operation_names(vocabulary) if name != INPUT), max_vertices)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self._first_operation + len(self.operations)

    @property
    def _first_operation(self) -> int:
        return self.max_vertices  # START, and every vertex but the output

    def write(self, cells: Sequence[Graph]) -> list[int]:
        """The tokens of an architecture, at least one for each of its cells."""
        index = {name: self._first_operation + i for i, name in enumerate(self.operations)}
        tokens = []
        for cell in cells:
            for operation, before in zip(cell.operations[1:], cell.predecessors[1:], strict=True):
                # In a cell larger than the alphabet was made for, the last vertex stands for all beyond it: the
                # embedding gets coarse there, and is not refused.
                tokens += [1 + min(u, self.max_vertices - 2) for u in before]
                tokens.append(index[operation])
        return tokens

    def read(self, tokens: Sequence[int], n_cells: int) -> tuple[Graph, ...] | None:
        """The cells that a sequence begins with, pruned; None where it is no architecture of so many cells."""
        cells: list[Graph] = []
        operations: list[str] = [INPUT]
        edges: list[tuple[int, int]] = []
        before: list[int] = []
        for token in tokens:
            if token == START:
                return None
            if token < self._first_operation:
                before.append(token - 1)
                continue
            edges += [(u, len(operations)) for u in before]
            operations.append(self.operations[token - self._first_operation])
            before = []
            if operations[-1] == OUTPUT:
                try:
                    cells.append(Graph(tuple(operations), tuple(sorted(edges))).pruned())
                except InvalidArchitectureError:  # an edge that points backward, or that is there twice
                    return None
                operations, edges = [INPUT], []
                if len(cells) == n_cells:
                    return tuple(cells)
        return None


@dataclass(frozen=True, slots=True)
class TokenArrays:
    """A batch of n architectures, padded to T tokens each.

    Args:
        tokens: shape (n, T): START beyond a sequence's last token.
        reversal: shape (n, T): where in its sequence each place reads when it is read from its end; padding stays.
        present: shape (n, T): 1 at a token, 0 beyond the last.
    """

    tokens: NDArray[np.int64]
    reversal: NDArray[np.int64]
    present: NDArray[np.float32]

    @classmethod
    def of(cls, architectures: Sequence[Architecture], alphabet: TokenAlphabet) -> "TokenArrays":
        """The token sequences of some architectures."""
        sequences = [alphabet.write(architecture.cells) for architecture in architectures]
        lengths = np.array([len(sequence) for sequence in sequences])[:, None]
        tokens = np.full((len(sequences), int(lengths.max())), START, dtype=np.int64)
        for row, sequence in zip(tokens, sequences, strict=True):
            row[: len(sequence)] = sequence
        place = np.broadcast_to(np.arange(tokens.shape[1]), tokens.shape)
        reversal = np.where(place < lengths, lengths - 1 - place, place)
        return cls(tokens, reversal, (place < lengths).astype(np.float32))
