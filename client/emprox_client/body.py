"""JSON bodies: values of numpy and PyTorch as plain numbers, large lists in parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from emprox_client.errors import InvalidRequestError
from emprox_client.schemas import ItemError
from emprox_client.schemas.fields import MAX_BATCH

# Half of what the server takes by default.
MAX_BYTES = 4_000_000


def encoded(options: Mapping[str, Any]) -> bytes:
    """An object as JSON, without what is None: an older server takes what does not name its new fields.

    Raises:
        InvalidRequestError: it is no object, or JSON cannot hold it.
    """
    if not isinstance(options, Mapping):
        raise InvalidRequestError(f"{options!r} is no dictionary")
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return _json(given).encode()
    except (TypeError, ValueError, RecursionError) as err:
        raise InvalidRequestError(f"what was given is no JSON: {err}") from err


def encoded_in_parts(
    options: Mapping[str, Any], lists: Mapping[str, Sequence[object]], most: int = MAX_BATCH
) -> Iterator[tuple[range, bytes]]:
    """Bodies that together hold the lists, side by side, each with the indices of its items.

    Args:
        options: in each of the bodies.
        lists: equally long; the first one's name is in messages.
        most: items of a body.

    Raises:
        InvalidRequestError: JSON cannot hold an item, or the lists are not equally long.
    """
    items = {name: _items(name, values) for name, values in lists.items()}
    first, *others = items
    for other in others:
        if len(items[other]) != len(items[first]):
            raise InvalidRequestError(f"{len(items[other])} {other} for {len(items[first])} {first}: give one for each")
    sizes = [sum(len(each[i]) for each in items.values()) for i in range(len(items[first]))]
    head = encoded(options)[:-1].decode()
    for part in _parts(sizes, most):
        inside = ", ".join(f'"{name}": [{", ".join(each[part.start : part.stop])}]' for name, each in items.items())
        yield part, f"{head}{', ' if len(head) > 1 else ''}{inside}}}".encode()


def _parts(sizes: Sequence[int], most: int) -> Iterator[range]:
    start, held = 0, 0
    for i, size in enumerate(sizes):
        if i > start and (i - start == most or held + size > MAX_BYTES):
            yield range(start, i)
            start, held = i, 0
        held += size
    yield range(start, len(sizes))


def _items(name: str, values: Sequence[object]) -> list[str]:
    found = [_item(f"{name}.{i}", i, value) for i, value in enumerate(values)]
    if wrong := [each for each in found if isinstance(each, ItemError)]:
        raise InvalidRequestError(wrong[0].detail, errors=wrong)
    return [each for each in found if isinstance(each, str)]


def _item(field: str, index: int, value: object) -> str | ItemError:
    try:
        return _json(value)
    except RecursionError:
        detail = f"{field} is no JSON: it is nested too deeply"
    except (TypeError, ValueError) as err:
        detail = _not_finite(field, value) or f"{field} is no JSON: {err}"
    return ItemError(index=index, field=field, detail=detail)


def _not_finite(field: str, value: object) -> str | None:
    """What is told of the first number inside that JSON does not have; None where there is none."""
    waiting: list[tuple[str, object]] = [(field, value)]
    seen: set[int] = set()  # an object may hold itself
    while waiting:
        name, each = waiting.pop()
        if isinstance(each, Mapping) and id(each) not in seen:
            seen.add(id(each))
            waiting += reversed([(f"{name}.{key}", inner) for key, inner in each.items()])
        number = each.tolist() if hasattr(each, "tolist") else each
        if isinstance(number, float) and not isfinite(number):
            way_out = 'leave it out, or tell a training that diverged with {} and status="failed"'
            return f"{name} is {number}, which is no value: {way_out}"
    return None


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, allow_nan=False)


def _plain(value: Any) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)) or not hasattr(value, "tolist"):
        raise TypeError(f"a {type(value).__name__} cannot be sent: give numbers, texts, lists and dictionaries")
    return value.tolist()  # of numpy and PyTorch, a number or lists of numbers
