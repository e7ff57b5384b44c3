"""The answer of `suggest`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from emprox_client.results.listing import Listing, estimate_columns, estimate_text, number, short
from emprox_client.schemas import Suggestion, SuggestResponse


class Suggestions(Listing[Suggestion]):
    """What to train next.

    Attributes:
        study, revision, encoder, strategy: as in the server's answer.
        errors: what is wrong with candidates that were given, by their index.
    """

    def __init__(self, answer: SuggestResponse) -> None:
        self._items = answer.suggestions
        self.study, self.revision = answer.study, answer.revision
        self.encoder, self.strategy = answer.encoder, answer.strategy
        self.errors = {each.index: each.detail for each in answer.errors if each.index is not None}

    @property
    def architectures(self) -> list[Any]:
        """The architectures, in their notations."""
        return [each.architecture for each in self]

    @cached_property
    def _metrics(self) -> list[str]:
        return list(dict.fromkeys(name for each in self for name in each.metrics))

    def _title(self) -> str:
        bad = f", {len(self.errors)} candidates wrong" if self.errors else ""
        return f"{len(self)} suggestions{bad}, study {self.study!r} at revision {self.revision} ({self.strategy})"

    def _columns(self) -> list[str]:
        return [*self._metrics, "novelty", "origin", "architecture"]

    def _row(self, index: int) -> list[str]:
        each = self[index]
        estimates = [estimate_text(each.metrics.get(name)) for name in self._metrics]
        return [*estimates, number(each.novelty), each.origin, short(each.architecture)]

    def _record(self, index: int) -> dict[str, Any]:
        each = self[index]
        told = each.model_dump(exclude={"metrics"})
        return {**told, **estimate_columns(each.metrics)}
