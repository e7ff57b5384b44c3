"""The answer of `predict`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Union

from emprox_client.results.listing import Listing, estimate_columns, estimate_text, number, short
from emprox_client.schemas import CandidateError, Prediction, PredictResponse


class Predictions(Listing[Union[Prediction, CandidateError]]):
    """What is expected of candidates, in their order; a `CandidateError` stands where one is no architecture.

    Attributes:
        candidates: as they were given.
        study, revision, encoder, weighting, k, fidelity: as in the server's answer; of a large list that was sent in
            parts, the oldest revision and the fewest neighbors.
    """

    def __init__(self, candidates: Sequence[Any], answers: Sequence[PredictResponse]) -> None:
        self.candidates = candidates
        self._items = [each for answer in answers for each in answer.predictions]
        first = answers[0]
        self.study, self.encoder, self.weighting = first.study, first.encoder, first.weighting
        self.fidelity: Mapping[str, float] = first.fidelity
        self.revision = min(answer.revision for answer in answers)
        self.k = min(answer.k for answer in answers)

    @cached_property
    def errors(self) -> dict[int, str]:
        """What is wrong with candidates, by their index."""
        return {i: each.error.detail for i, each in enumerate(self) if isinstance(each, CandidateError)}

    def scores(self, metric: str | None = None) -> list[float | None]:
        """The estimate of each candidate; None where it has none.

        Args:
            metric: default the first.

        Raises:
            ValueError: nothing is expected of this metric.
        """
        if metric is not None and self._metrics and metric not in self._metrics:
            raise ValueError(f"nothing is expected of metric {metric!r}: there is {', '.join(self._metrics)}")
        name = metric or next(iter(self._metrics), "")
        return [
            each.metrics[name].score if isinstance(each, Prediction) and name in each.metrics else None for each in self
        ]

    def best(self, n: int = 1, *, metric: str | None = None, minimize: bool = False) -> list[Any]:
        """The n candidates with the highest estimates, best first; with `minimize` the lowest."""
        scored = [(score, i) for i, score in enumerate(self.scores(metric)) if score is not None]
        scored.sort(key=lambda pair: pair[0] if minimize else -pair[0])
        return [self.candidates[i] for _, i in scored[:n]]

    @cached_property
    def _metrics(self) -> list[str]:
        names = (name for each in self if isinstance(each, Prediction) for name in each.metrics)
        return list(dict.fromkeys(names))

    def _title(self) -> str:
        bad = f", {len(self.errors)} of them wrong" if self.errors else ""
        return (
            f"{len(self)} predictions{bad}, study {self.study!r} at revision {self.revision} "
            f"({self.encoder}, {self.weighting} of {self.k})"
        )

    def _columns(self) -> list[str]:
        return [*self._metrics, "novelty", "candidate", *(["error"] if self.errors else [])]

    def _row(self, index: int) -> list[str]:
        each, candidate = self[index], short(self.candidates[index])
        if isinstance(each, CandidateError):
            return [*("" for _ in self._metrics), "", candidate, short(each.error.detail)]
        estimates = [estimate_text(each.metrics.get(name)) for name in self._metrics]
        return [*estimates, number(each.novelty), candidate, *([""] if self.errors else [])]

    def _record(self, index: int) -> dict[str, Any]:
        each = self[index]
        if isinstance(each, CandidateError):
            return {"candidate": self.candidates[index], "error": each.error.detail}
        return {
            "candidate": self.candidates[index],
            "architecture_id": each.architecture_id,
            "novelty": each.novelty,
            **estimate_columns(each.metrics),
            "failures": each.failures,
            "error": None,
        }
