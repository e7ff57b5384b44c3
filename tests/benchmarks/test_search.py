"""The simulated searches, with estimates that are right."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.spaces.nasbench201 import NasBench201
from benchmarks.search import searches
from benchmarks.search.searches import Search, run
from benchmarks.search.strategies import BATCH, POPULATION, STRATEGIES, Strategy
from benchmarks.search.world import World
from benchmarks.tables import Table

SPACE = NasBench201()
N = 400


@pytest.fixture(scope="module")
def world() -> World:
    """Four hundred cells, some of them isomorphic, the better the more convolutions they have."""
    rng = np.random.default_rng(0)
    cells = [SPACE.sample(rng) for _ in range(N)]
    values = [str(cell.notation).count("conv") + rng.random() for cell in cells]
    return World(Table("nasbench201", cells, np.array(values)))


class RightServer:
    """Knows every value, and suggests the best rows that it has not suggested yet."""

    def __init__(self, world: World, spread: float) -> None:
        self._world = world
        self._spread = spread
        self._best = np.argsort(-world.values).tolist()

    def estimates(self, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        return self._world.values[list(rows)], self._world.values[list(rows)] + self._spread

    def suggestions(self, n: int, seed: int) -> list[int]:
        return [self._best.pop(0) for _ in range(n)]


def strategy(name: str, world: World, spread: float = 0.0) -> Strategy:
    return STRATEGIES[name](world, RightServer(world, spread), np.random.default_rng(1))


def trained(world: World, rows: Sequence[int]) -> dict[int, float]:
    return {row: float(world.values[row]) for row in rows}


def test_right_estimates_of_all_rows_find_the_best_in_the_second_batch(world: World) -> None:
    search = strategy("random search by our estimates", world)

    first = search.propose({})
    second = search.propose(trained(world, first))

    assert len(first) == len(second) == BATCH
    assert world.best in {*first, *second}


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_row_is_trained_twice(world: World, name: str) -> None:
    search = strategy(name, world)
    rows: dict[int, float] = {}

    for _ in range(20):
        batch = search.propose(rows)
        assert len({*batch} - rows.keys()) == len(batch)
        rows |= trained(world, batch)


def test_a_batch_holds_no_architecture_twice(world: World) -> None:
    batch = strategy("random search by our estimates", world, spread=1.0).propose(trained(world, [0]))

    assert len({world.architectures[row].id for row in batch}) == BATCH


def test_right_estimates_make_evolution_find_good_cells_sooner(world: World) -> None:
    found = {}
    for name in ("regularized evolution", "evolution by our estimates"):
        search, rows = strategy(name, world), trained(world, [])
        while len(rows) < 2 * POPULATION:
            rows |= trained(world, search.propose(rows))
        found[name] = np.sort(list(rows.values()))[-10:].mean()

    assert found["evolution by our estimates"] > found["regularized evolution"]


def test_children_are_the_same_whenever_they_are_asked_for(world: World) -> None:
    again = World(Table("nasbench201", list(world.architectures), world.values))

    assert world.children(3) == world.children(3) == again.children(3)
    assert len(world.children(3)) > 5


def test_the_best_tenth_of_a_percent_holds_the_best(world: World) -> None:
    assert world.top == {world.best}


def test_a_search_that_was_run_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "KEPT", tmp_path / "searches.jsonl")
    (tmp_path / "searches.jsonl").write_text('["a table", "random search", 3, [5, 7, 9]]\n')
    search = Search("a table", "random search", 3)

    assert list(run([search], "http://nowhere", n_processes=1)) == [(search, [5, 7, 9])]
