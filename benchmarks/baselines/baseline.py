"""What a predictor has to do to be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.spaces.space import SearchSpace

FloatArray = NDArray[np.float64]


class Baseline(Protocol):
    """A predictor that learns from labelled architectures. One thread at a time; a second fit starts anew."""

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """Learn.

        Args:
            values: shape (n,): the metric of each architecture, in its unit.
            seed: of everything that is drawn at random.
        """

    def predict(self, architectures: Sequence[Architecture]) -> FloatArray:
        """Shape (n,): the metric expected of each architecture, in its unit."""


@dataclass(frozen=True, slots=True)
class Standardization:
    """Values moved to mean 0 and standard deviation 1, in which networks and processes learn, and back."""

    mean: float
    std: float

    @classmethod
    def of(cls, values: FloatArray) -> "Standardization":
        """Where all values are the same, they are only moved."""
        return cls(float(values.mean()), float(values.std()) or 1.0)

    def apply(self, values: FloatArray) -> FloatArray:
        """Shape as `values`, without a unit."""
        return (values - self.mean) / self.std

    def undo(self, standard: FloatArray) -> FloatArray:
        """Shape as `standard`, in the metric's unit."""
        return standard * self.std + self.mean


def largest_cell(space: SearchSpace) -> int:
    """Vertices of the largest cell among a thousand architectures of a space, input and output included."""
    rng = np.random.default_rng(0)
    return max(len(cell.operations) for _ in range(1000) for cell in space.sample(rng).cells)
