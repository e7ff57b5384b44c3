"""What a fit leaves behind for studies of many architectures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.predictor.observation_log import ObservationLog
from app.predictor.ports import Int64Array
from app.proximity.anchors import Anchors
from app.proximity.kernel import FloatArray, Real, squared_distances
from app.proximity.principal import PrincipalAxes, near
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.value_transform import ValueTransform

FROM = 1000  # architectures: below, one factorization answers as fast, and each training counts in full at once
# As many as bring the estimates near those of all at once (benchmarks/handover.py). Their factorization takes 8 bytes
# for each pair while it is made, on the thread of fits.
MAX_ANCHORS = 8192
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Basis:
    """Anchors among the first trainings of a study, which estimates rest on until the next fit.

    What later trainings, and those that are no anchors, say beyond them is told by the nearest (`NearPoints`).

    Args:
        level: of fidelity, which the trainings are of.
        keys: what was trained at the anchors, ascending, shape (a,).
        counts: trainings of each that the anchors know, shape (a,).
        means: of their values, shape (a,).
        expected: g at the anchors, shape (a,).
        transform: from values to scores, of all the first trainings.
        typical: the usual distance between an architecture and its nearest.
    """

    level: float
    keys: Int64Array
    counts: FloatArray
    means: FloatArray
    expected: FloatArray
    transform: ValueTransform
    axes: PrincipalAxes
    anchors: Anchors
    typical: float

    @classmethod
    def of(
        cls,
        log: ObservationLog,
        n: int,
        groups: ColumnGroups,
        scales: Scales,
        go_on: Callable[[], None] = lambda: None,
    ) -> "Basis | None":
        """The basis that the first n observations give: a function of these alone, so that a restart finds it.

        Args:
            go_on: called now and then; raises where it is not wanted any more.

        Returns:
            None where one factorization answers as fast, or all values are the same.
        """
        first = log.first(n)
        chosen = first.levels == first.target
        keys, place, counts = np.unique(first.rows[chosen], return_inverse=True, return_counts=True)
        if len(keys) < FROM:
            return None
        means = np.bincount(place, first.values[chosen]) / counts
        transform = ValueTransform.fit(means)
        if transform.constant:
            return None
        drawn = np.arange(len(keys))
        if len(keys) > MAX_ANCHORS:
            drawn = np.sort(np.random.default_rng(n).choice(len(keys), MAX_ANCHORS, replace=False))
        points = scales.points(first.embeddings[keys[drawn]], groups)
        axes = PrincipalAxes.of(points)
        along = axes.of_points(points)
        repeats, scores, noise = counts[drawn].astype(np.float64), transform.scores[drawn], np.exp(scales.log_noise)
        anchors = Anchors.of(along, repeats, scores, float(noise), go_on)
        return cls(
            level=first.target,
            keys=keys[drawn],
            counts=repeats,
            means=means[drawn],
            expected=scores - noise / repeats * anchors.solved,  # as (K + vR) alpha = t
            transform=transform,
            axes=axes,
            anchors=anchors,
            typical=typical_distance(near(along)),
        )


def typical_distance(points: NDArray[Real]) -> float:
    """The median over points (n, r) of the distance to the nearest other one."""
    nearest = np.empty(len(points))
    for start in range(0, len(points), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(points)))
        squared = squared_distances(points[rows], points)
        squared[rows - start, rows] = np.inf
        nearest[rows] = squared.min(axis=1)
    return float(np.sqrt(np.median(nearest)))
