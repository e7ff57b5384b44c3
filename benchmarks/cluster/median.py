"""The median of several rounds, figure by figure."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def median(found: Sequence[T]) -> T:
    """A dataclass whose numbers, in tuples and dictionaries as well, are medians; all else is the first's."""
    first = found[0]
    values = {each.name: _median([getattr(one, each.name) for one in found]) for each in fields(first)}  # type: ignore[arg-type]
    return type(first)(**values)


def _median(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, float):
        return float(np.median(values))
    if isinstance(first, tuple):
        return tuple(_median(each) for each in zip(*values, strict=True))
    if isinstance(first, dict):
        return {name: _median([each[name] for each in values]) for name in first}
    return first
