"""The structural embedding: what a careful look at the graph says, scaled."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.encoder.blocks import SCALED_AS_BLOCK, SCALED_BY_FEATURE, Features, View, log_cost
from app.encoder.scaling import BlockScaling, Transform
from app.spaces.space import SearchSpace

_TRANSFORMS: Mapping[str, Transform] = {
    **dict.fromkeys(("op", "pop", "popb"), Transform.SQRT),
    **dict.fromkeys(("glob", "ext", "cost"), Transform.STANDARD),
    **dict.fromkeys(SCALED_AS_BLOCK, Transform.COMPONENTS),
}


class StructuralEmbedding:
    """Embeds the architectures of a space by their structural features; deterministic, about 0.3 ms each.

    Args:
        space: the search space.
        scalings: one per block, fitted on a sample of the space.
    """

    def __init__(self, space: SearchSpace, scalings: Sequence[BlockScaling]) -> None:
        self.space = space
        self.scalings = tuple(scalings)

    @classmethod
    def fit(cls, space: SearchSpace, sample: Sequence[Architecture]) -> "StructuralEmbedding":
        """The embedding scaled to an unlabelled sample of the space."""
        rows = [structural_features(space, architecture) for architecture in sample]
        return cls(
            space,
            [
                BlockScaling.fit(block, transform, [row[block] for row in rows])
                for block, transform in _TRANSFORMS.items()
                if block in rows[0]
            ],
        )

    @property
    def dimension(self) -> int:
        """Columns of the embedding."""
        return len(self.block_of_column)

    @cached_property
    def block_of_column(self) -> NDArray[np.int64]:
        """Shape (dimension,): the block of each column."""
        return np.repeat(np.arange(len(self.scalings)), [scaling.n_columns for scaling in self.scalings])

    @cached_property
    def group_of_column(self) -> NDArray[np.int64]:
        """Shape (dimension,): the columns that share a scale: a whole block, or in the small blocks one column."""
        starts = [
            column == 0 or scaling.transform is not Transform.COMPONENTS
            for scaling in self.scalings
            for column in range(scaling.n_columns)
        ]
        return np.cumsum(starts) - 1

    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension)."""
        rows = [structural_features(self.space, architecture) for architecture in architectures]
        columns = [scaling.apply([row[scaling.name] for row in rows]) for scaling in self.scalings]
        return np.concatenate(columns, axis=1).astype(np.float32)


def structural_features(space: SearchSpace, architecture: Architecture) -> dict[str, Features]:
    """The features of an architecture by block; in a space of several cells, a feature's name starts with its cell."""
    blocks: dict[str, Features] = {}
    views = [View.of(cell, space.vocabulary) for cell in architecture.cells]
    for block, read in {**SCALED_BY_FEATURE, **SCALED_AS_BLOCK}.items():
        if len(views) == 1:
            blocks[block] = read(views[0])
        else:
            blocks[block] = {f"{i}:{name}": value for i, view in enumerate(views) for name, value in read(view).items()}
    cost = space.cost(architecture.cells)
    if cost is not None:
        blocks["cost"] = log_cost(cost)
    return blocks
