"""Names of studies and spaces, and ids, as parts of a path."""

from __future__ import annotations

import re
from urllib.parse import quote

from emprox_client.errors import InvalidRequestError

_NAME = re.compile(r"[a-z0-9._-]{1,64}")


def is_name(value: object) -> bool:
    """Whether it can be the name of a study or space."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None and not _goes_elsewhere(value)


def named(name: str) -> str:
    """The name of a study or space.

    Raises:
        InvalidRequestError: it is none.
    """
    if not is_name(name):
        raise InvalidRequestError(f"name {name!r} is not 1 to 64 characters of a-z 0-9 . _ -, other than '.' and '..'")
    return name


def path_of(collection: str, name: str, *rest: str) -> str:
    """The path of a study or space, or of something below it.

    Raises:
        InvalidRequestError: a part of it is no name or id, and would lead somewhere else.
    """
    for part in rest:
        if not isinstance(part, str) or _goes_elsewhere(part):
            raise InvalidRequestError(f"{part!r} is no id: give the one that the server answered")
    return "/".join(["", collection, named(name), *(quote(part, safe="") for part in rest)])


def _goes_elsewhere(part: str) -> bool:
    """Whether a URL with it leads to what is above."""
    return part in {"", ".", ".."}
