"""Runs the trials of the comparison, each once: what was measured is kept, so that a stopped run goes on."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import torch

from app.bootstrap import limit_threads
from app.proximity.agreement import agreement
from app.spaces.registry import get_space
from benchmarks.accuracy.predictors import OURS, ROWS, checkpoint
from benchmarks.accuracy.tasks import Task
from benchmarks.tables import load

KEPT = Path(__file__).with_name("trials.jsonl")
Result = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Job:
    """One trial of one row."""

    task: Task
    row: str
    trial: int

    @property
    def key(self) -> str:
        """What a kept result is found by; results of ours are those of one encoder."""
        encoder = checkpoint(load(self.task.table).space).manifest.weights_sha256[:12] if self.row in OURS else ""
        return " | ".join((self.task.title, self.row, str(self.trial), encoder))


def run(
    tasks: Sequence[Task], rows: Sequence[str], share_of_trials: float, n_processes: int
) -> Iterator[tuple[Job, Result]]:
    """Results as they come, kept ones first.

    Args:
        share_of_trials: less than 1 for a quick look.
    """
    jobs = [
        Job(task, row, trial)
        for task in tasks
        for row in rows
        for trial in range(ceil(ROWS[row].trials * task.rounds * share_of_trials))
    ]
    kept = _kept()
    for job in jobs:
        if job.key in kept:
            yield job, kept[job.key]
    with ProcessPoolExecutor(n_processes, initializer=_one_thread) as pool, KEPT.open("a") as file:
        waiting = {pool.submit(_measure, job): job for job in jobs if job.key not in kept}
        for future in as_completed(waiting):
            job, result = waiting[future], future.result()
            file.write(json.dumps({"key": job.key, "result": result}) + "\n")
            file.flush()
            yield job, result


def _one_thread() -> None:
    limit_threads()
    torch.set_num_threads(1)


def _kept() -> dict[str, Result]:
    if not KEPT.exists():
        return {}
    lines = KEPT.read_text().splitlines(keepends=True)
    complete = (json.loads(line) for line in lines if line.endswith("\n"))  # a kill may have cut the last one off
    return {kept["key"]: kept["result"] for kept in complete}


def _measure(job: Job) -> Result:
    architectures, values = job.task.data()
    train, test = job.task.split(job.trial)
    predictor = ROWS[job.row].make(get_space(load(job.task.table).space))
    trained, tested = [architectures[i] for i in train], [architectures[i] for i in test]
    start = time.perf_counter()
    predictor.fit(trained, values[train], job.trial)
    fitted = time.perf_counter()
    score, lower, upper = predictor.predict(tested)
    done = time.perf_counter()
    return {
        **agreement(values[test], score, lower, upper),
        "fit_seconds": fitted - start,
        "query_ms": (done - fitted) * 1000 / len(test),
    }
