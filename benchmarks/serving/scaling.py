"""The same questions to a study of a million observations and to one of 10,000, at the same time."""

from dataclasses import dataclass, field

import numpy as np

from benchmarks.server import running
from benchmarks.serving.filled import filled
from benchmarks.serving.notations import notations
from benchmarks.serving.options import Measured, Options
from benchmarks.serving.process import resident_gb
from benchmarks.serving.requests import predict_bodies
from benchmarks.serving.wrk import Load, load

SPACE = "darts"  # no other has a million architectures
SMALL = 10_000
_AT_MOST = 6_000  # candidates a second that bodies are made for
_HEADER = (
    "| observations | start to ready, s | resident memory, GB | fresh candidate, 1 client, ms | 99 %, ms "
    f"| 32 clients, candidates/s |\n|{' ---: |' * 6}"
)


@dataclass(slots=True)
class _Study:
    n: int
    ready_s: float = 0.0
    memory_gb: float = 0.0
    alone: list[Load] = field(default_factory=list)
    crowd: list[Load] = field(default_factory=list)


def measure(options: Options) -> Measured:
    """Both servers run, and are asked in turns."""
    large = options.large
    small_data, large_data = (filled(options.folder, SPACE, n) for n in (SMALL, large))
    for data in (small_data, large_data):
        with running(str(data)):
            pass  # fits the study and keeps what was fitted
    studies = [_Study(SMALL), _Study(large)]
    drawn = notations(SPACE, seed=1)
    with running(str(small_data)) as first, running(str(large_data)) as second:
        for _ in range(options.rounds):
            for study, (port, _, _) in zip(studies, (first, second), strict=True):
                url = f"http://127.0.0.1:{port}/predict"
                for clients, found in ((1, study.alone), (32, study.crowd)):
                    bodies = predict_bodies(drawn, int(_AT_MOST * options.seconds), 1)
                    found.append(load(url, bodies, clients, options.seconds, again=False))
        for study, (_, pid, ready_s) in zip(studies, (first, second), strict=True):
            study.ready_s, study.memory_gb = ready_s, resident_gb(pid)
    few, many = studies
    ratio = float(np.median([b.median_ms / a.median_ms for a, b in zip(few.alone, many.alone, strict=True)]))
    told = f"\nRandom DARTS cells, made-up values. Median of a fresh candidate, {large:,} over {SMALL:,}: {ratio:.2f}."
    targets = {"scale": ratio, "ready": many.ready_s, "memory": many.memory_gb} if large == 1_000_000 else {}
    return Measured("\n".join([_HEADER, *map(_line, studies), told]), targets)


def _line(study: _Study) -> str:
    alone = [np.median([getattr(each, figure) for each in study.alone]) for figure in ("median_ms", "p99_ms")]
    crowd = np.median([each.per_second for each in study.crowd])
    figures = [f"{study.ready_s:.1f}", f"{study.memory_gb:.2f}", *(f"{each:.2f}" for each in alone), f"{crowd:,.0f}"]
    return f"| {study.n:,} | {' | '.join(figures)} |"
