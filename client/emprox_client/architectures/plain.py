"""Values of other libraries as JSON has them."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """The value without numpy: arrays, tuples and ranges become lists, at any depth, and numbers Python's own."""
    to_list = getattr(value, "tolist", None)  # of numpy's arrays and of its numbers and texts
    if callable(to_list):
        value = to_list()
    if isinstance(value, (list, tuple, range)):
        return [plain(item) for item in value]
    return value


def whole(value: Any) -> int | None:
    """The value as an int where it is a whole number, as 1, True and 1.0 are."""
    return int(value) if isinstance(value, (int, float)) and value == value // 1 else None
