"""How a value that somebody sent appears in a message: short, and never able to break the message itself."""

import json
from collections.abc import Iterable

_MAX_SHOWN = 80
_MAX_LISTED = 12
# Larger integers take Python long to print, or cannot be printed at all (over 4,300 digits).
_MAX_PRINTED = 10**20


def shown(value: object) -> str:
    """The value as JSON would write it where it is short, else what it is."""
    if value is None or isinstance(value, (bool, float)):
        return json.dumps(value)
    if isinstance(value, str):
        return repr(value if len(value) <= _MAX_SHOWN else value[:_MAX_SHOWN] + "…")
    if isinstance(value, int):
        return str(value) if abs(value) < _MAX_PRINTED else "a number of more than 20 digits"
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"a value of type {type(value).__name__}"


def listed(names: Iterable[object]) -> str:
    """The first dozen, joined by commas, and how many more there are."""
    texts = [str(name) for name in names]
    more = len(texts) - _MAX_LISTED
    return ", ".join(texts) if more <= 0 else f"{', '.join(texts[:_MAX_LISTED])} and {more} more"
