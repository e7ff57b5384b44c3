"""Runs the simulated searches, each once: what was run is kept, so that a stopped run goes on."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np

from app.bootstrap import limit_threads
from benchmarks.search.http_study import HttpStudy
from benchmarks.search.strategies import STRATEGIES
from benchmarks.search.world import World
from benchmarks.tables import load

KEPT = Path(__file__).with_name("searches.jsonl")
AT_MOST = 1_500
AT_MOST_BY_ESTIMATES = 400  # a training takes longer to choose


@dataclass(frozen=True, slots=True)
class Search:
    """One search of a table."""

    table: str
    strategy: str
    seed: int

    @property
    def title(self) -> str:
        """Table and strategy."""
        return f"{self.table}, {self.strategy}"


def run(searches: Sequence[Search], url: str, n_processes: int) -> Iterator[tuple[Search, list[int]]]:
    """Rows in the order of training, up to the very best, of each search as they come, kept ones first.

    Args:
        url: of a running server, where each search makes a study.
    """
    kept = _kept()
    for search in searches:
        if search in kept:
            yield search, kept[search]
    with ProcessPoolExecutor(n_processes, initializer=limit_threads) as pool, KEPT.open("a") as file:
        waiting = {pool.submit(_run, search, url): search for search in searches if search not in kept}
        for future in as_completed(waiting):
            search, trained = waiting[future], future.result()
            file.write(json.dumps([search.table, search.strategy, search.seed, trained]) + "\n")
            file.flush()
            yield search, trained


@cache
def world_of(table: str) -> World:
    """A table as a world, made once in each process."""
    return World(load(table))


def _kept() -> dict[Search, list[int]]:
    if not KEPT.exists():
        return {}
    lines = KEPT.read_text().splitlines(keepends=True)
    complete = (json.loads(line) for line in lines if line.endswith("\n"))  # a kill may have cut the last one off
    return {Search(*key): trained for *key, trained in complete}


def _run(search: Search, url: str) -> list[int]:
    world = world_of(search.table)
    told = "our" in search.strategy
    with httpx.Client(base_url=url, timeout=120, trust_env=False) as http:
        study = HttpStudy(http, f"search-{uuid4()}", world)
        strategy = STRATEGIES[search.strategy](world, study, np.random.default_rng(search.seed))
        trained: dict[int, float] = {}
        while world.best not in trained and len(trained) < (AT_MOST_BY_ESTIMATES if told else AT_MOST):
            batch = {row: float(world.values[row]) for row in strategy.propose(trained)}
            trained |= batch
            if told:
                study.observe(batch)
    return list(trained)
