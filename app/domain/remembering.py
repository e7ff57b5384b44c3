"""What follows from an argument is kept, for a bounded number of arguments, and anyone can see how many there are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_kept: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Remembered:
    """How much is kept of what.

    Args:
        size, limit: in entries.
    """

    name: str
    size: int
    limit: int


def remembering(name: str, limit: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorates a function whose results are kept, the least recently used ones forgotten first."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        _kept[name] = lru_cache(maxsize=limit)(function)
        return cast("Callable[P, T]", _kept[name])

    return decorate


def remembered() -> Iterator[Remembered]:
    """All that is kept in this way."""
    for name, kept in sorted(_kept.items()):
        info = kept.cache_info()
        yield Remembered(name, info.currsize, info.maxsize)
