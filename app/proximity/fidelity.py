"""Trainings of less than full fidelity: for fewer epochs, or on a part of the data.

share    of a full training, in (0, 1]
level    the power of sqrt(2) that a share counts as
"""

from collections.abc import Mapping
from math import log2

import numpy as np
from numpy.typing import NDArray

from app.proximity.kernel import FloatArray
from app.proximity.value_transform import ValueTransform

FULL = 1.0
ENOUGH = 5  # architectures, to estimate what a training of their level gives
_SMALLEST_SHARE = 2.0**-20


def level_of(share: float) -> float:
    """The level of a share: from 2^(-1/4), 84.1 %, on, a training counts as a full one."""
    return float(2.0 ** (round(2 * log2(max(share, _SMALLEST_SHARE))) / 2))


def target_level(architectures: Mapping[float, int]) -> float:
    """The level that estimates are of: the highest with ENOUGH architectures, or else the one with the most.

    Args:
        architectures: how many there are of each level.
    """
    return max(architectures, key=lambda level: (min(architectures[level], ENOUGH), level), default=FULL)


def level_column(levels: FloatArray) -> FloatArray:
    """What stands for the levels of lower trainings beside embeddings, 0 for a full one; shape (n,).

    Where all are of one level, that is as good as the full one: how much a higher level differs is not known.
    """
    several = len(levels) and levels.min() < levels.max()
    return np.log(levels) if several else np.zeros(len(levels))


def aligned(levels: FloatArray, architectures: NDArray[np.int64], values: FloatArray) -> FloatArray:
    """Scores of trainings at several levels, to be compared with each other; each of shape (n,).

    Within a level they are those of `ValueTransform`. Where the better half of an experiment goes on to a longer
    training, that level's scores are centered on the better half: each level is shifted so that the architectures that
    it shares with the level below have the same mean in both.

    Args:
        architectures: the number of each training's architecture, from 0.
    """
    scores = np.empty(len(values))
    n = int(architectures.max(initial=-1)) + 1
    below = np.full(n, np.nan)
    for level in np.unique(levels):
        chosen = np.flatnonzero(levels == level)
        found = ValueTransform.fit(values[chosen]).scores
        counts = np.bincount(architectures[chosen], minlength=n)
        means = np.divide(
            np.bincount(architectures[chosen], found, n), counts, out=np.full(n, np.nan), where=counts > 0
        )
        apart = (below - means)[~np.isnan(below - means)]
        shift = float(apart.mean()) if len(apart) else 0.0
        scores[chosen] = found + shift
        below = means + shift
    return scores
