"""Simulated searches over HTTP: `make bench-search`, about an hour on two cores.

Workers search a table against a running server until they hold its very best architecture: at random, by regularized
evolution, both choosing their next batch by our estimates, and by what the server suggests. Writes its table, and a
plot into docs/. Searches that were run are kept beside this file and go into the next run: a stopped run goes on. After
a change of the server or of a strategy, `--fresh` starts anew.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.report import publish
from benchmarks.search.plot import plot
from benchmarks.search.searches import AT_MOST, AT_MOST_BY_ESTIMATES, KEPT, Search, run, world_of
from benchmarks.search.strategies import STRATEGIES
from benchmarks.search.world import World
from benchmarks.server import running

WHOLE = ("nasbench201 cifar10_valid", "nasbench201 cifar100_valid")
TABLES = (*WHOLE, "nasbench101")
_SEEDS = 20
_HEADER = (
    "| table | search | to the best 0.1 %, mean | median | to the very best, mean | median | not found |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
)
_NOTES = """\
Trainings until found. A search that has not found the best by {at_most:,} trainings, or {by_estimates} where
estimates choose, ends, and counts as {at_most:,}. The first batch is drawn at random; estimates choose from batch to
batch of five, of all architectures or of the children of the best, from the best score to the highest upper end of
the interval (`benchmarks/search/strategies.py`, tuned on other seeds), or the server suggests a batch itself, where the
table has every architecture of the space. Isomorphic cells are architectures of their own here, each with its own
result; the server suggests one of them."""


def main() -> None:
    """Run every search with every seed, and publish what they took."""
    arguments = _arguments()
    if arguments.fresh:
        KEPT.unlink(missing_ok=True)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    searches = [
        Search(table, name, seed)
        for table in TABLES
        for name in STRATEGIES
        for seed in seeds
        if name != "by our suggestions" or table in WHOLE  # whatever is suggested must have a result
    ]
    wanted = [search for search in searches if arguments.only in search.title]
    found: dict[Search, list[int]] = {}
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder, running(folder) as (port, _, _), Progress(console=console) as bars:
        bar = bars.add_task("searches", total=len(wanted))
        for search, trained in run(wanted, f"http://127.0.0.1:{port}", arguments.processes):
            found[search] = trained
            bars.update(bar, advance=1, description=search.title)
    lines = [_HEADER]
    curves: dict[str, dict[str, list[list[float]]]] = {}
    for table in TABLES:
        world = world_of(table)
        for name in STRATEGIES:
            rows = [found[search] for search in wanted if (search.table, search.strategy) == (table, name)]
            if rows:
                lines.append(_line(world, table, name, rows))
                curves.setdefault(table, {})[name] = [_best_so_far(world, trained) for trained in rows]
    text = "\n".join([_NOTES.format(at_most=AT_MOST, by_estimates=AT_MOST_BY_ESTIMATES), "", *lines])
    if arguments.only or arguments.first_seed or arguments.seeds != _SEEDS:
        print(text)
    else:
        publish("search", "Search", "make bench-search", text)
        plot(curves, Path(__file__).parents[2] / "docs" / "search.svg")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--seeds", type=int, default=_SEEDS, help="searches of each kind; another number prints")
    parser.add_argument("--first-seed", type=int, default=0, help="from 1000 on they were used for tuning; prints")
    parser.add_argument("--only", default="", help="searches with this in `TABLE, SEARCH`; prints, does not publish")
    parser.add_argument("--processes", type=int, default=2, help="searches at once")
    parser.add_argument("--fresh", action="store_true", help="forget the searches that were run before")
    return parser.parse_args()


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
    return next((i for i, row in enumerate(trained, start=1) if row in wanted), AT_MOST)


if __name__ == "__main__":
    main()
