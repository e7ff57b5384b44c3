"""Our estimates beside the field's, on every table: `make bench-accuracy`, some two hours on two cores.

Every row sees the same splits. What was measured is kept beside this file and goes into the next run: a stopped run
goes on, and `--fresh` starts anew.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.progress import Progress

from app.bootstrap import limit_threads
from benchmarks.accuracy.plot import PLOT, curves, plot
from benchmarks.accuracy.predictors import OURS, ROWS, SERVED, checkpoint
from benchmarks.accuracy.tasks import TASKS, Task
from benchmarks.accuracy.trials import KEPT, Result, run
from benchmarks.report import publish
from benchmarks.tables import load

_HEADER = (
    "| predictor | Kendall tau | Spearman | Pearson | MAE | RMSE | top 10 % | 90 % covers | fit, s | query, ms "
    "| trained beforehand, s | trials |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)
_OVERVIEW = (
    "| Kendall tau | ours, as served | to reach | the best of the others here | best in print |\n"
    "| --- | ---: | ---: | ---: | ---: |"
)
_NOTES = """\
Mean and standard deviation over the trials; values in points. Trials are splits of seed 0, 1, 2, …, the same for
every row; slow predictors run fewer of them, and DARTS with few labels, whose trials differ much, five times as many.
What was tuned (values, blocks, penalties) was tuned on even rows: NAS-Bench-101 and NAS-Bench-Graph report on odd
rows; NAS-Bench-201 and DARTS, where the literature tests on all, on all. "Trained beforehand" is the once per space
that the encoder was trained on unlabelled architectures of the space, those estimated here included; the structural
embedding is scaled to the same sample without training. The baselines read pruned canonical graphs, which is more
than their papers had (`python -m benchmarks.baselines` has both). A predictor that gave one value for all, as the
Gaussian process did in a few trials, has a correlation of 0 there."""


def main() -> None:
    """Run what is missing, and publish the tables."""
    arguments = _arguments()
    limit_threads()
    if arguments.fresh:
        KEPT.unlink(missing_ok=True)
    tasks = [task for task in TASKS if arguments.only in task.title]
    rows = [row for row in ROWS if any(part in row for part in arguments.rows.split(","))]
    found: dict[Task, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("trials", total=None)
        for job, result in run(tasks, rows, arguments.share, arguments.processes):
            found[job.task][job.row].append(result)
            progress.update(bar, advance=1, description=f"{job.task.table} {job.row}")
    sections = [_section(task, found[task]) for task in tasks]
    text = "\n\n".join([_NOTES, _overview(tasks, found), *sections])
    if arguments.only or arguments.rows or arguments.share != 1:
        print(text)
    else:
        publish("accuracy", "Accuracy", "make bench-accuracy", text)
        plot(curves(text), PLOT)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--only", default="", help="tasks whose title has this text; prints instead of publishing")
    parser.add_argument("--rows", default="", help="rows with one of these texts, by commas; prints as well")
    parser.add_argument("--share", type=float, default=1.0, help="share of the trials; prints as well")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="trials at once, one thread each")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    return parser.parse_args()


def _overview(tasks: Sequence[Task], found: Mapping[Task, Mapping[str, Sequence[Result]]]) -> str:
    lines = [_OVERVIEW]
    for task in tasks:
        taus = {
            row: float(np.nan_to_num([result["kendall_tau"] for result in results]).mean())
            for row, results in found[task].items()
        }
        others = {row: tau for row, tau in taus.items() if row not in OURS}
        if SERVED not in taus or not others:
            continue
        best = max(others, key=others.__getitem__)
        target = "-" if task.target is None else f"{task.target:.3f}"
        lines.append(
            f"| {task.title} | {taus[SERVED]:.4f} | {target} | {others[best]:.3f} ({best}) | {task.published or '-'} |"
        )
    return "\n".join(lines)


def _section(task: Task, found: Mapping[str, Sequence[Result]]) -> str:
    lines = [f"### {task.title}", "", _HEADER]
    lines += [_line(task, row, found[row]) for row in ROWS if row in found]
    return "\n".join(lines)


def _line(task: Task, row: str, results: Sequence[Result]) -> str:
    columns = {name: np.array([result[name] for result in results]) for name in results[0]}
    for name in ("kendall_tau", "spearman", "pearson"):
        columns[name] = np.nan_to_num(columns[name])  # one value for all: it ranks nothing
    mean = {name: float(column.mean()) for name, column in columns.items()}
    trained = checkpoint(load(task.table).space).manifest.training
    beforehand = f"{trained.seconds:.0f}" if ROWS[row].pretrained and trained else "-"
    coverage = "-" if np.isnan(mean["coverage"]) else f"{mean['coverage']:.0%}"
    return (
        f"| {row} | {mean['kendall_tau']:.3f} ± {columns['kendall_tau'].std():.3f} | {mean['spearman']:.3f} "
        f"| {mean['pearson']:.3f} | {mean['mae']:.2f} ± {columns['mae'].std():.2f} | {mean['rmse']:.2f} "
        f"| {mean['top_10_precision']:.2f} | {coverage} | {mean['fit_seconds']:.2f} | {mean['query_ms']:.3f} "
        f"| {beforehand} | {len(results)} |"
    )


if __name__ == "__main__":
    main()
