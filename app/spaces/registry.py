"""The search spaces that this service knows."""

from app.domain.errors import UnknownSpaceError
from app.spaces.darts import Darts
from app.spaces.nasbench101 import NasBench101
from app.spaces.nasbench201 import NasBench201
from app.spaces.nasbench_graph import NasBenchGraph
from app.spaces.space import SearchSpace

_SPACES: dict[str, SearchSpace] = {
    space.name: space for space in (Darts(), NasBench101(), NasBench201(), NasBenchGraph())
}


def space_names() -> list[str]:
    """Names of all known spaces, in alphabetical order."""
    return sorted(_SPACES)


def get_space(name: str) -> SearchSpace:
    """The space of this name.

    Raises:
        UnknownSpaceError: there is none.
    """
    try:
        return _SPACES[name]
    except KeyError:
        raise UnknownSpaceError(
            f"search space {name[:80]!r} is not known: the spaces are {', '.join(space_names())}"
        ) from None
