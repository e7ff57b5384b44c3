"""What is expected of candidates, by columns: an object for each estimate would take longer than the estimates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from app.domain.prediction import Estimate, Neighbor, Observed, Prediction
from app.proximity.estimates import Estimates
from app.proximity.kernel import FloatArray


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions for m candidates; see `Prediction`.

    Args:
        novelty: shape (m,): NaN for None.
        metrics: NaN for None.
        neighbors: of each candidate; empty where none were asked for.
    """

    ids: Sequence[str]
    novelty: FloatArray
    observed: Sequence[Mapping[str, Observed]]
    metrics: Mapping[str, Estimates]
    neighbors: Sequence[tuple[Neighbor, ...]]
    failures: Sequence[int]

    @classmethod
    def nothing(cls) -> "Predicted":
        """About no candidate."""
        return cls([], np.empty(0), [], {}, [], [])

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, start: int, stop: int) -> "Predicted":
        """What is said about some of the candidates."""
        return Predicted(
            self.ids[start:stop],
            self.novelty[start:stop],
            self.observed[start:stop],
            {name: estimates.part(start, stop) for name, estimates in self.metrics.items()},
            self.neighbors[start:stop],
            self.failures[start:stop],
        )

    def predictions(self) -> list[Prediction]:
        """An object for each."""
        rows = {name: as_objects(estimates) for name, estimates in self.metrics.items()}
        novelty = nullable(self.novelty)
        return [
            Prediction(
                key,
                novelty[i],
                self.observed[i],
                {name: column[i] for name, column in rows.items()},
                self.neighbors[i] if self.neighbors else (),
                self.failures[i],
            )
            for i, key in enumerate(self.ids)
        ]


def as_objects(estimates: Estimates) -> list[Estimate]:
    """One object for each candidate."""
    columns = (nullable(column) for column in (estimates.std, estimates.lower, estimates.upper))
    return [Estimate(*row) for row in zip(estimates.score.tolist(), *columns, strict=True)]


def nullable(column: FloatArray) -> list[float | None]:
    """Numbers; None in the place of NaN."""
    return [None if isnan(value) else value for value in column.tolist()]
