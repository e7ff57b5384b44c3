"""Rules for JSON values of which only the kind is known, as pydantic annotations."""

from dataclasses import dataclass
from math import isfinite

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema, to_json

# Integers beyond 63 bits and NUL in text break databases.
MAX_INTEGER = 2**63 - 1
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_MOST_DIGITS = b"0" * len(str(MAX_INTEGER))


@dataclass(frozen=True)
class OneError:
    """A union's error for a value of none of its types, in the place of one for each type."""

    message: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the union that is annotated, with its error replaced."""
        union = handler(source)
        if union["type"] != "union":
            raise TypeError(f"{source} is no union")
        return core_schema.union_schema(
            union["choices"], custom_error_type="no_such_type", custom_error_message=self.message
        )


def no_integer(value: object) -> object:
    """The value, which a float field would take as well if it were an integer, and drop its last digits."""
    if isinstance(value, int):
        raise ValueError("an integer of more than 63 bits")  # noqa: TRY004  # what pydantic makes an error of
    return value


def storable(value: dict[str, object]) -> dict[str, object]:
    """The object, if databases can hold all that is in it, at any depth."""
    if _is_plain(value):
        return value
    inner: list[object] = [value]
    while inner:
        item = inner.pop()
        if isinstance(item, dict):
            inner += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            inner += item
        elif isinstance(item, str) and "\0" in item:
            raise ValueError("NUL in text")
        elif isinstance(item, float) and not isfinite(item):
            raise ValueError("a number that is not finite")
        elif isinstance(item, int) and abs(item) > MAX_INTEGER:
            raise ValueError("an integer of more than 63 bits")
    return value


def _is_plain(value: object) -> bool:
    """Whether all in it can certainly be stored: writing it takes a tenth of the time of going through it."""
    try:
        return surely_storable(to_json(value))
    except ValueError:  # something that is not of JSON, or too deep
        return False


def surely_storable(written: bytes) -> bool:
    """Whether databases can certainly hold all that is in a value, by how pydantic writes it."""
    # NUL is written with a backslash.
    doubtful = b"\\" in written or b"NaN" in written or b"Infinity" in written
    return not doubtful and _MOST_DIGITS not in written.translate(_DIGITS)
