"""The structural embedding: what a careful look at the graph says, scaled."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from sys import intern

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.encoder.blocks import SCALED_AS_BLOCK, SCALED_BY_FEATURE, Features, View, log_cost
from app.encoder.choice_blocks import CHOICE, RANK, TOTAL, choice_features
from app.encoder.scaling import (
    MAX_COMPONENTS,
    MAX_COMPONENTS_OF_CELLS,
    MAX_FEATURES,
    MAX_FEATURES_OF_CELLS,
    MAX_SCALED_BY_FEATURE,
    BlockScaling,
    Transform,
)
from app.spaces.space import SearchSpace

_TRANSFORMS: Mapping[str, Transform] = {
    **dict.fromkeys(("op", "pop", "popb"), Transform.SQRT),
    **dict.fromkeys(("glob", "ext", "cost", CHOICE, RANK, TOTAL), Transform.STANDARD),
    **dict.fromkeys(SCALED_AS_BLOCK, Transform.COMPONENTS),
}
# How much a block counts before labels say more. Counts of operations mislead small studies, sizes and costs help them:
# worth 0.006 of Kendall tau at 30 observations, nothing from some hundreds on (docs/method.md).
_VARIANCES: Mapping[str, float] = {"op": 0.5, "pop": 0.5, "popb": 0.5, "glob": 2.0, "ext": 1.65, "cost": 2.0}


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
        rows = [_interned(structural_features(space, architecture)) for architecture in sample]
        n_cells = len(sample[0].cells)
        max_components = MAX_COMPONENTS if n_cells == 1 else max(1, MAX_COMPONENTS_OF_CELLS // n_cells)
        max_features = min(MAX_FEATURES, MAX_FEATURES_OF_CELLS // n_cells)
        scalings = []
        for block in rows[0]:
            kind = block.rpartition(":")[2]
            features = [row[block] for row in rows]
            scalings.append(
                BlockScaling.fit(
                    block,
                    _TRANSFORMS[kind],
                    features,
                    variance=_VARIANCES.get(kind, 1.0),
                    max_components=max_components,
                    max_features=max_features,
                    max_scaled=MAX_SCALED_BY_FEATURE // n_cells,
                )
            )
        return cls(space, scalings)

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


def _interned(blocks: Mapping[str, Features]) -> dict[str, Features]:
    """The same features, their names held once for all architectures of a sample: half the memory."""
    return {block: {intern(name): value for name, value in features.items()} for block, features in blocks.items()}


def structural_features(space: SearchSpace, architecture: Architecture) -> dict[str, Features]:
    """The features of an architecture by block; in a space of several cells, each has blocks of its own: "0:op".

    One block for both cells of DARTS lost 0.013 of Kendall tau.
    """
    if space.vocabulary.choices:
        return choice_features(architecture.cells[0], space.vocabulary)
    blocks: dict[str, Features] = {}
    views = [View.of(cell, space.vocabulary) for cell in architecture.cells]
    for block, read in {**SCALED_BY_FEATURE, **SCALED_AS_BLOCK}.items():
        for i, view in enumerate(views):
            blocks[block if len(views) == 1 else f"{i}:{block}"] = read(view)
    cost = space.cost(architecture.cells)
    if cost is not None:
        blocks["cost"] = log_cost(cost)
    return blocks
