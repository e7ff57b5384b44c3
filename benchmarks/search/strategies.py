"""Ways to choose what to train next, with and without our estimates."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from benchmarks.search.world import World

INITIAL = 10
BATCH = 5
POPULATION, TOURNAMENT = 20, 5  # of regularized evolution, as in the prototype that it is compared with
_CHILDREN = 200


class Estimates(Protocol):
    """Score and standard deviation of rows, as the server gives them."""

    def __call__(self, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Both of shape (len(rows),)."""


class Strategy(Protocol):
    """Proposes rows that were not trained yet."""

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """The next rows to train.

        Args:
            trained: value by row, in the order of training.
        """


class RandomSearch:
    """Rows drawn uniformly."""

    def __init__(self, world: World, _estimates: Estimates, rng: np.random.Generator) -> None:
        self._order = deque(rng.permutation(len(world)).tolist())

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """The next of a random order."""
        return [self._order.popleft() for _ in range(BATCH if trained else INITIAL)]


class Evolution:
    """Regularized evolution (Real et al., AAAI 2019): the best of a tournament of the youngest has the next child."""

    def __init__(self, world: World, _estimates: Estimates, rng: np.random.Generator) -> None:
        self._world = world
        self._rng = rng

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """A random population, then one child at a time."""
        if len(trained) < POPULATION:
            return self._rng.choice(len(self._world), POPULATION, replace=False).tolist()
        return [self._child(trained, set())]

    def _child(self, trained: Mapping[int, float], taken: set[int]) -> int:
        youngest = list(trained)[-POPULATION:]
        while True:
            tournament = self._rng.choice(youngest, TOURNAMENT, replace=False).tolist()
            child = self._world.child(max(tournament, key=trained.__getitem__), self._rng)
            if child not in trained and child not in taken:
                return child


class RandomByEstimates(RandomSearch):
    """Ten rows at random, then the five most promising of all that are not trained."""

    def __init__(self, world: World, estimates: Estimates, rng: np.random.Generator) -> None:
        super().__init__(world, estimates, rng)
        self._world = world
        self._estimates = estimates

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """By score plus half a standard deviation."""
        if not trained:
            return super().propose(trained)
        return _most_promising([row for row in range(len(self._world)) if row not in trained], self._estimates)


class EvolutionByEstimates(Evolution):
    """Ten rows at random, then the five most promising children of the best."""

    def __init__(self, world: World, estimates: Estimates, rng: np.random.Generator) -> None:
        super().__init__(world, estimates, rng)
        self._estimates = estimates

    def propose(self, trained: Mapping[int, float]) -> list[int]:
        """By score plus half a standard deviation, among children of children too."""
        if not trained:
            return self._rng.choice(len(self._world), INITIAL, replace=False).tolist()
        parents = sorted(trained, key=trained.__getitem__)[-POPULATION:]
        children: dict[int, None] = {}
        for _ in range(_CHILDREN * 5):
            parent = parents[self._rng.integers(len(parents))]
            child = self._world.child(parent, self._rng)
            if child not in trained:
                children[child] = None
            if len(children) == _CHILDREN:
                break
        chosen = _most_promising(list(children), self._estimates)
        for child in chosen:  # a child may lead further before it is trained
            children |= dict.fromkeys(
                row for row in (self._world.child(child, self._rng) for _ in range(20)) if row not in trained
            )
        return _most_promising(list(children), self._estimates)


STRATEGIES: Mapping[str, Callable[[World, Estimates, np.random.Generator], Strategy]] = {
    "random search": RandomSearch,
    "regularized evolution": Evolution,
    "random search by our estimates": RandomByEstimates,
    "evolution by our estimates": EvolutionByEstimates,
}


def _most_promising(rows: Sequence[int], estimates: Estimates) -> list[int]:
    score, std = estimates(rows)
    return [rows[i] for i in np.argsort(-(score + std / 2), kind="stable")[:BATCH]]
