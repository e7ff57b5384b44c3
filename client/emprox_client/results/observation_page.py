"""The answer of `observations`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from emprox_client.results.listing import Listing, estimate_columns, number, short
from emprox_client.schemas import ObservationRecord, Observations


class ObservationPage(Listing[ObservationRecord]):
    """Observations of a study, newest first.

    Attributes:
        cursor: gives the next page to `observations(cursor=...)`; None on the last one.
    """

    def __init__(self, study: str, answer: Observations) -> None:
        self.study, self._items, self.cursor = study, answer.observations, answer.cursor

    @cached_property
    def _metrics(self) -> list[str]:
        return list(dict.fromkeys(name for each in self for name in each.metrics))

    def _title(self) -> str:
        more = "" if self.cursor is None else ", and older ones"
        return f"{len(self)} observations{more}, study {self.study!r}"

    def _columns(self) -> list[str]:
        return ["observed", *self._metrics, "status", "worker", "architecture"]

    def _row(self, index: int) -> list[str]:
        each = self[index]
        values = [number(each.metrics.get(name)) for name in self._metrics]
        observed = each.observed_at.strftime("%Y-%m-%d %H:%M:%S")
        return [observed, *values, each.status, each.worker or "", short(each.architecture)]

    def _record(self, index: int) -> dict[str, Any]:
        each = self[index]
        told = each.model_dump(exclude={"metrics", "predicted"})
        predicted = {f"predicted_{name}": value for name, value in estimate_columns(each.predicted).items()}
        return {**told, **each.metrics, **predicted}
