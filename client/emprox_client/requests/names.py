"""Names of studies and spaces as parts of a path."""

import re

from emprox_client.errors import InvalidRequestError

_NAME = re.compile(r"[a-z0-9._-]{1,64}")


def path_of(collection: str, name: str, *rest: str) -> str:
    """The path of a study or space, or of something below it.

    Raises:
        InvalidRequestError: it is no name, and would lead somewhere else.
    """
    if not _NAME.fullmatch(name):
        raise InvalidRequestError(f"name {name!r} is not 1 to 64 characters of a-z 0-9 . _ -")
    return "/".join(["", collection, name, *rest])
