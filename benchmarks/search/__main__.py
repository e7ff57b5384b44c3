"""Simulated searches over HTTP: `make bench-search`, about an hour on two cores.

Workers search a table against a running server until they hold its very best architecture: at random, by regularized
evolution, and both choosing their next batch by our estimates. Writes its table, and a plot into docs/.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.report import publish
from benchmarks.search.http_study import HttpStudy
from benchmarks.search.plot import plot
from benchmarks.search.strategies import STRATEGIES
from benchmarks.search.world import World
from benchmarks.server import running
from benchmarks.tables import load

TABLES = ("nasbench201 cifar10_valid", "nasbench201 cifar100_valid", "nasbench101")
_AT_MOST = 3_000  # trainings of a search; one that has not found the best by then counts as so many
_BY_ESTIMATES = 500
_HEADER = (
    "| table | search | to the best 0.1 %, mean | median | to the very best, mean | median | not found |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
)


def main() -> None:
    """Run every search with every seed, and publish what they took."""
    arguments = _arguments()
    console = Console(stderr=True)
    lines = [_HEADER]
    curves: dict[str, dict[str, list[list[float]]]] = {}
    with tempfile.TemporaryDirectory() as folder, running(folder) as (port, _, _), Progress(console=console) as bars:
        bar = bars.add_task("searches", total=len(TABLES) * len(STRATEGIES) * arguments.seeds)
        http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False)
        for table in TABLES:
            world = World(load(table))
            curves[table] = {}
            for name in STRATEGIES:
                searches = []
                for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
                    searches.append(_search(world, name, seed, HttpStudy(http, _study(table, name, seed), world)))
                    bars.update(bar, advance=1, description=f"{table}, {name}")
                lines.append(_line(world, table, name, searches))
                console.print(lines[-1])
                curves[table][name] = [_best_so_far(world, trained) for trained in searches]
    notes = f"Trainings until found, over {arguments.seeds} seeds. A search ends after {_AT_MOST:,} trainings."
    if arguments.print:
        print("\n".join([notes, "", *lines]))
    else:
        publish("search", "Search", "make bench-search", "\n".join([notes, "", *lines]))
        plot(curves, Path(__file__).parents[2] / "docs" / "search.svg")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="searches of each kind")
    parser.add_argument("--first-seed", type=int, default=0, help="1000 and more were used for tuning")
    parser.add_argument("--print", action="store_true", help="print instead of publishing")
    return parser.parse_args()


def _study(table: str, strategy: str, seed: int) -> str:
    return f"{table} {strategy} {seed}".replace(" ", "-").replace("_", "-")


def _search(world: World, name: str, seed: int, study: HttpStudy) -> list[int]:
    """Rows in the order of training, up to the very best."""
    strategy = STRATEGIES[name](world, study.estimates, np.random.default_rng(seed))
    trained: dict[int, float] = {}
    told = "estimates" in name
    while world.best not in trained and len(trained) < (_BY_ESTIMATES if told else _AT_MOST):
        batch = {row: float(world.values[row]) for row in strategy.propose(trained)}
        trained |= batch
        if told:
            study.observe(batch)
    return list(trained)


def _best_so_far(world: World, trained: Sequence[int]) -> list[float]:
    best: list[float] = np.maximum.accumulate(world.values[trained]).tolist()
    return best


def _line(world: World, table: str, name: str, searches: Sequence[Sequence[int]]) -> str:
    top = [_found(trained, world.top) for trained in searches]
    best = [_found(trained, {world.best}) for trained in searches]
    missed = sum(world.best not in trained for trained in searches)
    return (
        f"| {table} | {name} | {np.mean(top):.0f} | {np.median(top):.0f} | {np.mean(best):.0f} | {np.median(best):.0f} "
        f"| {missed or '-'} |"
    )


def _found(trained: Sequence[int], wanted: set[int]) -> int:
    return next((i for i, row in enumerate(trained, start=1) if row in wanted), _AT_MOST)


if __name__ == "__main__":
    main()
