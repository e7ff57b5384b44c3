"""Names of studies and spaces, and ids, as parts of a path."""

from __future__ import annotations

import re
from urllib.parse import quote

from emprox_client.errors import InvalidRequestError

_NAME = re.compile(r"[a-z0-9._-]{1,64}")


def path_of(collection: str, name: str, *rest: str) -> str:
    """The path of a study or space, or of something below it.

    Raises:
        InvalidRequestError: a part of it is no name or id, and would lead somewhere else.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or _goes_elsewhere(name):
        raise InvalidRequestError(f"name {name!r} is not 1 to 64 characters of a-z 0-9 . _ -, other than '.' and '..'")
    for part in rest:
        if not isinstance(part, str) or _goes_elsewhere(part):
            raise InvalidRequestError(f"{part!r} is no id: give the one that the server answered")
    return "/".join(["", collection, name, *(quote(part, safe="") for part in rest)])


def _goes_elsewhere(part: str) -> bool:
    """Whether a URL with it leads to what is above."""
    return part in {"", ".", ".."}
