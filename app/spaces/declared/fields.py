"""The fields of a declaration, read one by one with a message for each that is not what it should be."""

import re
from collections.abc import Sequence

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.messages import listed, shown

SPACE_NAME = re.compile(r"(?!\.{1,2}$)[a-z0-9._-]{1,64}")  # "." and ".." mean other things in the path of a URL
_MAX_NAME = 64
_MAX_WHOLE = 1_000_000  # more than any limit, and harmless to calculate with
# Architectures get their id from a text in which these two separate the operations and end their list.
_RESERVED = ",;"


class Fields:
    """The fields of one JSON object; null counts as left out.

    Args:
        value: what should be an object.
        where: how messages call it, such as "the declaration".
        known: names of all fields that it may have.

    Raises:
        InvalidSpaceError: it is no object, or has other fields.
    """

    def __init__(self, value: object, where: str, known: Sequence[str]) -> None:
        if not isinstance(value, dict):
            raise InvalidSpaceError(f"{where} is an object with the fields {listed(known)}, not {shown(value)}")
        for field in value:
            if field not in known:
                raise InvalidSpaceError(
                    f"field {shown(field)} of {where} is not known: the fields are {', '.join(known)}"
                )
        self._where = where
        self._values: dict[str, object] = {field: each for field, each in value.items() if each is not None}

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def get(self, field: str) -> object:
        """The value as it stands, or None."""
        return self._values.get(field)

    def required(self, field: str, what: str) -> object:
        """The value of a field that cannot be left out; `what` it should be completes the message."""
        if field not in self._values:
            raise InvalidSpaceError(f"{self._where} has no field '{field}': give {what}")
        return self._values[field]

    def sequence(self, field: str, what: str) -> list[object]:
        """A list; empty where the field is left out."""
        value = self._values.get(field, [])
        if not isinstance(value, list):
            raise InvalidSpaceError(f"{field} of {self._where} is a list of {what}, not {shown(value)}")
        return value

    def text(self, field: str) -> str | None:
        """A string, or None where the field is left out."""
        value = self._values.get(field)
        if value is not None and not isinstance(value, str):
            raise InvalidSpaceError(f"{field} of {self._where} is a string, not {shown(value)}: put it in quotes")
        return value

    def whole(self, field: str) -> int | None:
        """A whole number, or None where the field is left out."""
        value = self._values.get(field)
        return None if value is None else whole_number(value, f"{field} of {self._where}")


def whole_number(value: object, what: str) -> int:
    """The value where it is a whole number; `what` it is begins the message."""
    # In Python, true is an integer; in JSON it is none.
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidSpaceError(f"{what} is a whole number, not {shown(value)}")
    if abs(value) > _MAX_WHOLE:
        raise InvalidSpaceError(f"{what} is a whole number of up to {_MAX_WHOLE}, not {shown(value)}")
    return value


def distinct_names(values: Sequence[object], what: str) -> tuple[str, ...]:
    """Names that follow the rule, each once; `what` one of them is begins the messages."""
    names: dict[str, None] = {}
    for value in values:
        name = checked_name(value, what)
        if name in names:
            raise InvalidSpaceError(f"{what} {name!r} is listed twice: list each {what} once")
        names[name] = None
    return tuple(names)


def checked_name(value: object, what: str, reserved: str = _RESERVED) -> str:
    """The value where it can be a name: 1 to 64 printable characters, none of them reserved."""
    if not isinstance(value, str):
        raise InvalidSpaceError(f"{what} {shown(value)} is not a string: put it in quotes to use it as a name")
    if not 1 <= len(value) <= _MAX_NAME or not value.isprintable():
        raise InvalidSpaceError(f"{what} {shown(value)} is not 1 to {_MAX_NAME} printable characters: rename it")
    for character in reserved:
        if character in value:
            raise InvalidSpaceError(f"{what} {value!r} has a '{character}', which separates names: rename it")
    return value
