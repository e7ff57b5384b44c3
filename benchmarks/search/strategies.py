"""Ways to choose what to train next, with and without our estimates."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from benchmarks.search.world import World

OPTIMISM = (0.0, 0.2, 0.4, 0.6, 1.0)
"""How far from the score to the upper end of the 90 % interval, one for each place of a batch: safest bet first."""
BATCH = len(OPTIMISM)
_CANDIDATES = 400  # among which evolution by estimates chooses
POPULATION, TOURNAMENT = 20, 5  # of regularized evolution, as in the prototype that it is compared with

_Estimates = Callable[[Sequence[int]], tuple[np.ndarray, np.ndarray]]


class Server(Protocol):
    """What a search asks of the server."""

    def estimates(self, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Score and upper end of the 90 % interval of rows, both of shape (len(rows),)."""

    def suggestions(self, n: int, seed: int) -> list[int]:
        """Rows that it suggests to train next."""


class Strategy(Protocol):
    """Proposes rows that were not trained yet."""

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """The next rows to train.

        Args:
            trained: value by row, in the order of training.
        """


class RandomSearch:
    """Rows drawn uniformly."""

    def __init__(self, world: World, _server: Server, rng: np.random.Generator) -> None:
        self._order = deque(rng.permutation(len(world)).tolist())

    def propose(self, trained: Mapping[int, float]) -> list[int]:  # noqa: ARG002
        """The next of a random order."""
        return [self._order.popleft() for _ in range(BATCH)]


class Evolution:
    """Regularized evolution (Real et al., AAAI 2019): the best of a tournament of the youngest has the next child."""

    def __init__(self, world: World, _server: Server, rng: np.random.Generator) -> None:
        self._world = world
        self._rng = rng

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """A random population, then one child at a time."""
        if len(trained) < POPULATION:
            rows: list[int] = self._rng.choice(len(self._world), POPULATION, replace=False).tolist()
            return rows
        return [self._child(trained)]

    def _child(self, trained: Mapping[int, float]) -> int:
        youngest = list(trained)[-POPULATION:]
        while True:
            tournament = self._rng.choice(youngest, TOURNAMENT, replace=False).tolist()
            child = self._world.child(max(tournament, key=trained.__getitem__), self._rng)
            if child not in trained:
                return child


class RandomByEstimates(RandomSearch):
    """A batch at random, then the most promising of all rows that are not trained."""

    def __init__(self, world: World, server: Server, rng: np.random.Generator) -> None:
        super().__init__(world, server, rng)
        self._world = world
        self._estimates = server.estimates

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """The most promising."""
        if not trained:
            return super().propose(trained)
        rows = [row for row in range(len(self._world)) if row not in trained]
        return _most_promising(rows, self._world, self._estimates)


class EvolutionByEstimates(Evolution):
    """A batch at random, then the most promising children of the best."""

    def __init__(self, world: World, server: Server, rng: np.random.Generator) -> None:
        super().__init__(world, server, rng)
        self._estimates = server.estimates

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """The most promising children, and their children too: one may lead further before it is trained."""
        if not trained:
            rows: list[int] = self._rng.choice(len(self._world), BATCH, replace=False).tolist()
            return rows
        candidates = self._candidates(sorted(trained, key=trained.__getitem__, reverse=True), trained)
        promising = _most_promising(candidates, self._world, self._estimates)
        candidates += self._candidates(promising, trained)
        return _most_promising(list(dict.fromkeys(candidates)), self._world, self._estimates)

    def _candidates(self, parents: Sequence[int], trained: Mapping[int, float]) -> list[int]:
        """Untrained children of the first parents, and a few rows at random, so that no search gets stuck."""
        rows = dict.fromkeys(self._rng.choice(len(self._world), BATCH, replace=False).tolist())
        for parent in parents:
            rows |= dict.fromkeys(self._world.children(parent))
            if len(rows.keys() - trained.keys()) >= _CANDIDATES:
                break
        return [row for row in rows if row not in trained]


class BySuggestion:
    """What `POST /suggest` suggests: the server makes the candidates as well."""

    def __init__(self, _world: World, server: Server, rng: np.random.Generator) -> None:
        self._server = server
        self._rng = rng

    def propose(self, trained: Mapping[int, float]) -> list[int]:  # noqa: ARG002
        """A batch of suggestions; the first are random samples."""
        return self._server.suggestions(BATCH, int(self._rng.integers(2**31)))


STRATEGIES: Mapping[str, Callable[[World, Server, np.random.Generator], Strategy]] = {
    "random search": RandomSearch,
    "regularized evolution": Evolution,
    "random search by our estimates": RandomByEstimates,
    "evolution by our estimates": EvolutionByEstimates,
    "by our suggestions": BySuggestion,
}


def _most_promising(rows: Sequence[int], world: World, estimates: _Estimates) -> list[int]:
    """A batch of distinct architectures: each place goes to the best left at its optimism."""
    score, upper = estimates(rows)
    batch: dict[str, int] = {}
    for optimism in OPTIMISM:
        for i in np.argsort(-(score + optimism * (upper - score)), kind="stable"):
            architecture = world.architectures[rows[i]].id
            if architecture not in batch:
                batch[architecture] = rows[i]
                break
    return list(batch.values())
