"""A checksum of the histories of a study: the same where two stores hold the same."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from app.domain.correction import History
from app.exchange.records import plain


class Checksum:
    """Of histories in their order: SHA-256 over the `line` of each. Counts them as well."""

    def __init__(self) -> None:
        self._sha256 = sha256()
        self.n_observations = 0
        self.n_corrections = 0

    def add(self, history: History, its_line: bytes) -> None:
        """Take the next one in."""
        self._sha256.update(its_line)
        self.n_observations += 1
        self.n_corrections += len(history.corrections)

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        return self._sha256.hexdigest()


def line(history: History) -> bytes:
    """All of a history as canonical JSON: keys in order, every digit of every number, times in UTC."""
    record = plain(history)
    for content in (record, *(made["before"] for made in record["corrections"])):
        content["metrics"] = _numbers(content["metrics"])
        content["expected"] = {name: _numbers(each) for name, each in content["expected"].items()}
    return json.dumps(record, sort_keys=True).encode() + b"\n"


def _numbers(values: Mapping[str, Any]) -> dict[str, float | None]:
    # In a column of numbers SQLite keeps 0.0 for -0.0, and PostgreSQL -0.0; the sum is 0.0 for both.
    return {name: None if value is None else value + 0.0 for name, value in values.items()}
