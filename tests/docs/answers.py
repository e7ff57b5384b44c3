"""Whether a server answered what a page prints.

A page may leave out what nobody reads: `"…"` as the last item of a list stands for further items, as a key for further
fields, as a value for any value; and a number may be rounded to three digits. What the server makes up (ids, times,
cells that it draws) only has to be of the same kind.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

REST = "…"
_KINDS = {
    "UUID": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "architecture id": re.compile(r"[0-9a-f]{32}"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    "cell": re.compile(r"\|\w+~0\|(\+\|(\w+~\d\|)+)+"),
}


def documents(text: str) -> list[Any]:
    """The JSON documents that follow one another in a text."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


def differences(printed: Any, answered: Any, at: str = "") -> Iterator[str]:
    """What is told otherwise than it is, each with its place."""
    if printed == REST:
        return
    if isinstance(printed, dict) and isinstance(answered, dict):
        shown = {key: value for key, value in printed.items() if key != REST}
        if missing := shown.keys() - answered.keys():
            yield f"{at}: the answer has no {sorted(missing)}"
        if (more := answered.keys() - shown.keys()) and REST not in printed:
            yield f"{at}: the page does not tell of {sorted(more)}"
        for key in shown.keys() & answered.keys():
            yield from differences(shown[key], answered[key], f"{at}.{key}")
    elif isinstance(printed, list) and isinstance(answered, list):
        cut = printed[-1:] == [REST]
        shown_items = printed[:-1] if cut else printed
        if len(answered) < len(shown_items) or (not cut and len(answered) > len(shown_items)):
            yield f"{at}: {len(answered)} items, and the page has {len(shown_items)}"
        for i, (item, other) in enumerate(zip(shown_items, answered, strict=False)):
            yield from differences(item, other, f"{at}[{i}]")
    elif not (_same(printed, answered) or _same_number(printed, answered) or _same_kind(printed, answered)):
        yield f"{at}: the page has {printed!r}, the answer {answered!r}"


def made_up(printed: Any, answered: Any) -> dict[str, str]:
    """The UUIDs of a page, and those that they are here."""
    if isinstance(printed, dict) and isinstance(answered, dict):
        pairs = [(printed[key], answered[key]) for key in printed.keys() & answered.keys()]
    elif isinstance(printed, list) and isinstance(answered, list):
        pairs = list(zip(printed, answered, strict=False))
    elif isinstance(printed, str) and isinstance(answered, str) and _KINDS["UUID"].fullmatch(printed):
        return {printed: answered}
    else:
        return {}
    return {name: here for pair in pairs for name, here in made_up(*pair).items()}


def _same(printed: Any, answered: Any) -> bool:
    return type(printed) is type(answered) and bool(printed == answered)


def _same_number(printed: Any, answered: Any) -> bool:
    numbers = isinstance(printed, float) and isinstance(answered, float | int) and not isinstance(answered, bool)
    return numbers and math.isclose(printed, answered, rel_tol=0.005, abs_tol=1e-9)


def _same_kind(printed: Any, answered: Any) -> bool:
    texts = isinstance(printed, str) and isinstance(answered, str)
    return texts and any(kind.fullmatch(printed) and kind.fullmatch(answered) for kind in _KINDS.values())
