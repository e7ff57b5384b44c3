"""Scaling: from counts of every size to columns in which a Euclidean distance means something.

Every block has the total variance that it is given over the sample that its scaling was fitted on, less what principal
components leave out, so that no block outweighs another by its number of features. The labels of a study reweigh blocks
and columns later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from app.encoder.blocks import Features

FloatArray = NDArray[np.float64]

RAREST = 0.002  # a feature that fewer graphs of the sample have tells more about these graphs than about the space
MAX_FEATURES = 1_024  # of a block, the most common ones: components of f features take f^3 time, a second for these
MAX_FEATURES_OF_CELLS = 2_048  # of one block of all cells together
FEWEST = 10  # graphs that have a feature, in a small sample
# Of a block. 24 lost up to 0.02 of Kendall tau on a space of many operations and 100 gained 0.002; of two cells, each
# with blocks of its own, 32 gained nothing over 24.
MAX_COMPONENTS = 64
MAX_COMPONENTS_OF_CELLS = 48
# Of a block of all cells: more scales are too many to fit, and components stand for them.
MAX_SCALED_BY_FEATURE = 256
KEPT_VARIANCE = 0.98  # what the principal components of a block explain, unless they are too many
NO_VARIATION = 1e-9  # rounding leaves the last bits of a constant; what varies less carries nothing


class Transform(StrEnum):
    """What happens to the counts of a block before they are centered and projected."""

    SQRT = "sqrt"  # each column its own scale, counts compressed
    STANDARD = "standard"  # each column standardized
    COMPONENTS = "components"  # counts and their square roots side by side, then principal components


@dataclass(frozen=True, slots=True)
class BlockScaling:
    """Turns the features of one block into its columns of the embedding: (transform(x) - mean) @ projection.

    Args:
        features: names of the features read, f of them.
        mean: shape (f,), or (2 f,) for COMPONENTS.
        projection: shape (len(mean), columns).
    """

    name: str
    transform: Transform
    features: tuple[str, ...]
    mean: FloatArray
    projection: FloatArray

    @classmethod
    def fit(
        cls,
        name: str,
        transform: Transform,
        sample: Sequence[Features],
        *,
        variance: float = 1.0,
        max_components: int = MAX_COMPONENTS,
        max_features: int = MAX_FEATURES,
        max_scaled: int = MAX_SCALED_BY_FEATURE,
    ) -> "BlockScaling":
        """The scaling of a block, from its features over an unlabelled sample of the space.

        Args:
            variance: of all columns together.
            max_scaled: features up to which each has a column of its own, whatever the transform.
        """
        names = _kept(sample, max_features)
        if len(names) > max_scaled:
            transform = Transform.COMPONENTS
        raw = _transformed(transform, _dense(sample, names))
        mean = raw.mean(axis=0)
        centered = raw - mean
        if transform is Transform.STANDARD:
            std = np.where(centered.std(axis=0) > NO_VARIATION, centered.std(axis=0), np.inf)
            projection = np.diag(1 / std / np.sqrt(max(1, np.isfinite(std).sum())))
        elif transform is Transform.SQRT:
            projection = np.eye(len(mean)) / _total_std(centered)
        else:
            halves = np.split(centered, 2, axis=1)
            scale = np.concatenate([np.full(half.shape[1], _total_std(half) * np.sqrt(2)) for half in halves])
            projection = _principal_components(centered / scale, max_components) / scale[:, None]
        return cls(name, transform, names, _as_stored(mean), _as_stored(projection * np.sqrt(variance)))

    @property
    def n_columns(self) -> int:
        """How many columns of the embedding the block has."""
        return int(self.projection.shape[1])

    def apply(self, batch: Sequence[Features]) -> FloatArray:
        """Shape (n, columns): the block's columns for each graph; features unknown to the sample are left out."""
        return (_transformed(self.transform, _dense(batch, self.features)) - self.mean) @ self.projection


def _as_stored(array: FloatArray) -> FloatArray:
    """As it comes back from a file, where it has single precision: an embedding does not change by being stored.

    Contiguous, since another layout is multiplied in another order, and rounds otherwise.
    """
    return np.ascontiguousarray(array, dtype=np.float32).astype(np.float64)


def _kept(sample: Sequence[Features], at_most: int) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for features in sample:
        for name, value in features.items():
            counts[name] = counts.get(name, 0) + (value != 0)
    least = max(RAREST * len(sample), min(FEWEST, len(sample) / 10))
    common = sorted((name for name, count in counts.items() if count >= least), key=lambda name: (-counts[name], name))
    return tuple(sorted(common[:at_most]))


def _dense(batch: Sequence[Features], names: Sequence[str]) -> FloatArray:
    column: Mapping[str, int] = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(batch), len(names)))
    for row, features in enumerate(batch):
        for name, value in features.items():
            if (i := column.get(name)) is not None:
                matrix[row, i] = value
    return matrix


def _transformed(transform: Transform, raw: FloatArray) -> FloatArray:
    if transform is Transform.STANDARD:
        return raw
    if transform is Transform.SQRT:
        return np.sqrt(raw)
    return np.concatenate([raw, np.sqrt(raw)], axis=1)


def _total_std(centered: FloatArray) -> float:
    total = float(np.sqrt((centered**2).mean(axis=0).sum()))
    return total if total > NO_VARIATION else 1.0


def _principal_components(centered: FloatArray, at_most: int) -> FloatArray:
    """Shape (f, components): directions of the largest variance, each with a fixed sign."""
    variances, directions = np.linalg.eigh(centered.T @ centered / max(1, len(centered)))
    order = np.argsort(variances)[::-1]
    explained = np.cumsum(variances[order])
    enough = int(np.searchsorted(explained, KEPT_VARIANCE * explained[-1])) + 1 if len(order) else 0
    order = order[: min(enough, at_most)]
    order = order[variances[order] > NO_VARIATION]
    if not order.size:
        return np.empty((len(directions), 0))
    directions = directions[:, order]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    fixed: FloatArray = directions * np.sign(largest)
    return fixed
