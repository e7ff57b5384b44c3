"""What pictures of studies and architectures are drawn from: read beside the answers, never before them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.predictor.lane import Lanes
from app.predictor.store import ObservationStore
from app.spaces.space import SearchSpace

T = TypeVar("T")


class Views:
    """Reads studies and architectures for those who look at them."""

    def __init__(self, store: ObservationStore, lanes: Lanes) -> None:
        self._store = store
        self._lanes = lanes

    async def read(self, work: Callable[[ObservationStore], T]) -> T:
        """What is made of the store; on the lane of reads, one after the other.

        Raises:
            OverloadedError: too much waits.
        """
        return await self._lanes.reads.run(work, self._store)

    async def parsed(
        self, space: SearchSpace, notations: Sequence[object], use: Callable[[Architecture], T]
    ) -> list[T | InvalidArchitectureError]:
        """What is made of each architecture, or what is wrong with its notation; on the lane of searches.

        Raises:
            OverloadedError: too much waits.
        """
        return await self._lanes.searches.run(lambda: [_parsed(space, notation, use) for notation in notations])


def _parsed(space: SearchSpace, notation: object, use: Callable[[Architecture], T]) -> T | InvalidArchitectureError:
    try:
        return use(space.parse(notation))
    except InvalidArchitectureError as err:
        return err
