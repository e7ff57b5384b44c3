"""A real search: workers train small networks on handwritten digits, tell the server, and ask it what is next.

The same search runs twice, from the same first cells: with estimates, where each worker trains what `POST /suggest`
suggests, and without, as regularized evolution (E. Real et al., AAAI 2019). It ends with a plot of both.

    emprox serve                          # in another terminal
    python examples/digits_search.py      # needs scikit-learn, torch, rich and matplotlib beside emprox-client
"""

import argparse
import multiprocessing
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from digits_training import accuracy, digits
from emprox_client import Client, StudyHandle
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
METRIC = "accuracy"
POPULATION, TOURNAMENT = 10, 3
ARMS = ("with-estimates", "without")


@dataclass(frozen=True)
class Search:
    """What a worker needs to know.

    Args:
        study: name of the study that it works for.
        budget: trainings of the whole search, those of its start among them.
    """

    url: str
    study: str
    budget: int
    epochs: int
    seed: int


def main(args: argparse.Namespace) -> None:
    """Search twice, and compare."""
    searches = [Search(args.url, f"{args.name}-{arm}", args.budget, args.epochs, args.seed) for arm in ARMS]
    with Client(args.url) as client:
        client.wait_until_ready()
        for search in searches:
            study = client.study(search.study)
            study.declare("nasbench201", [{"name": METRIC, "unit": "%"}])
            if n := study.describe().observations:
                raise SystemExit(f"study {search.study!r} holds {n} trainings already: take another --name")
        with _progress() as progress:
            start = [client.study(search.study) for search in searches]
            for cell, value in _train(searches[0], _random_cells(args.start, args.seed), args.workers, progress):
                for study in start:  # both searches begin with the same cells, so these are trained once
                    study.observe(cell, {METRIC: value}, worker="start", seed=args.seed)
            for search in searches:
                _run(search, args.workers, client.study(search.study), progress)
        found = {arm: _values(client.study(search.study)) for arm, search in zip(ARMS, searches, strict=True)}
    _tell(found, args.start)
    _plot(found, args.start, args.plot)
    Console().print(f"The plot is in {args.plot}.")


def with_estimates(study: StudyHandle, worker: str, _rng: Random) -> str:
    """What the server suggests to this worker."""
    return str(study.suggest(1, worker=worker)[0].architecture)


def without(study: StudyHandle, _worker: str, rng: Random) -> str:
    """A mutant of the best of some of the last: regularized evolution, on what all workers have told."""
    last = study.observations(limit=POPULATION)
    parent = max(rng.sample(list(last), TOURNAMENT), key=lambda each: each.metrics[METRIC])
    return mutant(str(parent.architecture), rng)


NEXT: dict[str, Callable[[StudyHandle, str, Random], str]] = dict(zip(ARMS, (with_estimates, without), strict=True))


def work(search: Search, worker: str, n: int) -> None:
    """Train n cells, one after the other: ask, train, tell."""
    data, rng = digits(), Random(f"{search.seed} {worker}")
    arm = next(arm for arm in ARMS if search.study.endswith(arm))
    with Client(search.url) as client:
        study = client.study(search.study)
        for _ in range(n):
            cell = NEXT[arm](study, worker, rng)
            value = accuracy(cell, data, search.epochs, search.seed)
            study.observe(cell, {METRIC: value}, worker=worker, seed=search.seed)


def cell_of(operations: list[str]) -> str:
    """A cell by the operations of its six edges."""
    first, second, third = operations[:1], operations[1:3], operations[3:]
    groups = [[f"{name}~{i}" for i, name in enumerate(group)] for group in (first, second, third)]
    return "+".join(f"|{'|'.join(group)}|" for group in groups)


def mutant(cell: str, rng: Random) -> str:
    """The cell with another operation on one edge."""
    operations = [edge.split("~")[0] for edge in cell.replace("+", "").split("|") if edge]
    edge = rng.randrange(len(operations))
    operations[edge] = rng.choice([each for each in OPERATIONS if each != operations[edge]])
    return cell_of(operations)


def _random_cells(n: int, seed: int) -> list[str]:
    rng = Random(seed)
    return [cell_of(rng.choices(OPERATIONS, k=6)) for _ in range(n)]


def _train(search: Search, cells: list[str], workers: int, progress: Progress) -> Iterator[tuple[str, float]]:
    """The accuracy of each cell, trained side by side."""
    data = digits()
    task = progress.add_task("random cells to begin with", total=len(cells))
    jobs = [(cell, data, search.epochs, search.seed) for cell in cells]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for cell, value in zip(cells, pool.starmap(accuracy, jobs, chunksize=1), strict=True):
            yield cell, value
            progress.advance(task)


def _run(search: Search, workers: int, study: StudyHandle, progress: Progress) -> None:
    """Let workers search until the budget is spent."""
    begun = study.describe().observations
    todo = search.budget - begun
    shares = [todo // workers + (i < todo % workers) for i in range(workers)]
    context = multiprocessing.get_context("spawn")
    names = [f"{search.study}-{i}" for i in range(workers)]
    processes = [context.Process(target=work, args=(search, *each)) for each in zip(names, shares, strict=True)]
    task = progress.add_task(search.study, total=todo)
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        processes[0].join(0.5)
        study_now = study.describe()
        best = study_now.best[METRIC].mean
        progress.update(
            task, completed=study_now.observations - begun, description=f"{search.study}: best {best:.2f} %"
        )
    if failed := [process.name for process in processes if process.exitcode]:
        raise SystemExit(f"{', '.join(failed)} failed; what was trained is in study {search.study!r}")


def _values(study: StudyHandle) -> list[float]:
    """The accuracy of every training, in their order."""
    return [each.metrics[METRIC] for each in study.observations(limit=1000)][::-1]


def _tell(found: dict[str, list[float]], start: int) -> None:
    table = Table("", "trainings", "best", "mean of those chosen", title="Digits, % of the test images")
    for arm, values in found.items():
        table.add_row(arm, str(len(values)), f"{max(values):.2f}", f"{np.mean(values[start:]):.2f}")
    Console().print(table)


def _plot(found: dict[str, list[float]], start: int, path: Path) -> None:
    import matplotlib.pyplot as plt  # noqa: PLC0415  # takes a second, and no worker needs it

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for (arm, values), color in zip(found.items(), ("#3552d6", "#c77700"), strict=True):
        number = np.arange(1, len(values) + 1)
        axes.plot(number, values, ".", color=color, alpha=0.5)
        axes.step(number, np.maximum.accumulate(values), where="post", color=color, label=arm.replace("-", " "))
    axes.axvspan(0.5, start + 0.5, color="#8882", label="the same random cells")
    axes.set(xlabel="trainings", ylabel="accuracy, %", title="Each training, and the best so far")
    axes.set_ylim(np.quantile([each for values in found.values() for each in values], 0.1) - 1)
    axes.legend(loc="lower right")
    figure.savefig(path)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("left"), TimeRemainingColumn()
    )


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", help="of the server; default $EMPROX_URL, or else http://127.0.0.1:8000")
    parser.add_argument("--name", default="digits", help="what the studies are called (default %(default)s)")
    parser.add_argument("--budget", type=int, default=50, help="trainings of each search (default %(default)s)")
    parser.add_argument("--start", type=int, default=10, help="of these at random (default %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes that train (default %(default)s)")
    parser.add_argument("--epochs", type=int, default=60, help="of each training (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (default %(default)s)")
    parser.add_argument("--plot", type=Path, default=Path("digits_search.svg"), help="(default %(default)s)")
    args = parser.parse_args()
    if not POPULATION <= args.start < args.budget:
        parser.error(f"--start is {args.start}: it must be at least {POPULATION} and less than --budget, {args.budget}")
    if args.workers < 1 or args.epochs < 1:
        parser.error("--workers and --epochs must be at least 1")
    if not re.fullmatch(r"[a-z0-9._-]{1,48}", args.name):
        parser.error(f"--name is {args.name!r}: it must be 1 to 48 characters of a-z 0-9 . _ -")
    if not args.plot.parent.is_dir():
        parser.error(f"--plot is {args.plot}: there is no folder {args.plot.parent}")
    return args


if __name__ == "__main__":
    main(arguments())
