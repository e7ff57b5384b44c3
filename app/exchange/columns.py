"""Between a record and a row of columns, for the formats that know no objects.

A value that is an object or a list is JSON text, and nothing where it is empty. A text that could be taken for JSON, or
for nothing, is written as JSON as well.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

METRIC = "metrics."
_AHEAD = ("observation_id", "architecture_id", "architecture", "status")
_BEHIND = (
    "fidelity",
    "proxies",
    "seed",
    "worker",
    "metadata",
    "observed_at",
    "revision",
    "retracted",
    "expected",
    "corrections",
)
NEEDED = frozenset({"observation_id", "architecture", "observed_at"})
"""Columns by which an export is recognized."""

_OBJECTS = ("fidelity", "proxies", "metadata", "expected", "corrections")
_TEXTS = ("architecture", "worker")
_QUOTED = ("{", "[", '"')

Cell = str | float | bool | None


def columns(metrics: Iterable[str]) -> list[str]:
    """The names of all columns, in order."""
    return [*_AHEAD, *(METRIC + name for name in metrics), *_BEHIND]


def unknown_columns(names: Sequence[str]) -> list[str]:
    """Those that no export has."""
    return [name for name in names if name not in (*_AHEAD, *_BEHIND) and not name.startswith(METRIC)]


def cells(record: Mapping[str, Any], metrics: Sequence[str]) -> list[Cell]:
    """The values of a plain record, in the order of `columns`."""
    measured = record["metrics"]
    return [
        record["observation_id"],
        record["architecture_id"],
        text_cell(record["architecture"]),
        record["status"],
        *(measured.get(name) for name in metrics),
        json_cell(record["fidelity"]),
        json_cell(record["proxies"]),
        None if record["seed"] is None else str(record["seed"]),
        text_cell(record["worker"]),
        json_cell(record["metadata"]),
        record["observed_at"],
        record["revision"],
        record["retracted"],
        json_cell(record["expected"]),
        json_cell(record["corrections"]),
    ]


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a row, without what is empty; a value that cannot be read stays as it is, to be complained about.

    Args:
        row: by column; the values are text, or what a typed format has.
    """
    record: dict[str, Any] = {"metrics": {}}
    for column, value in row.items():
        if value is None or value == "" or (isinstance(value, float) and isnan(value)):
            continue
        if column.startswith(METRIC):
            record["metrics"][column.removeprefix(METRIC)] = _read(float, value)
        elif column in _OBJECTS or (column in _TEXTS and str(value).startswith(_QUOTED)):
            record[column] = _read(json.loads, value)
        elif column in {"seed", "revision"}:
            record[column] = _read(int, value)
        elif column == "retracted":
            record[column] = {"true": True, "false": False}.get(str(value).lower(), value)
        else:
            record[column] = value
    return record


def text_cell(value: object) -> str | None:
    """A text or an object; nothing stays apart from an empty text."""
    if value is None:
        return None
    if isinstance(value, str) and value and not value.startswith(_QUOTED):
        return value
    return json.dumps(value, separators=(",", ":"))


def json_cell(value: object) -> str | None:
    """An object or a list."""
    return json.dumps(value, separators=(",", ":")) if value else None


def _read(kind: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return kind(value)
    except (ValueError, RecursionError):
        return value
