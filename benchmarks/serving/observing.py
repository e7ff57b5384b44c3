"""`/observe`: one observation at a time from one client and from 32, and batches; every answer is durable."""

from itertools import islice

import numpy as np

from benchmarks.server import running
from benchmarks.serving.filled import copied
from benchmarks.serving.generator import generate
from benchmarks.serving.notations import notations
from benchmarks.serving.options import Measured, Options
from benchmarks.serving.requests import observe_bodies
from benchmarks.serving.wrk import Load, load

OBSERVED = 500
_CASES = {"1 client": (1, 1), "32 clients": (1, 32), "batches of 100": (100, 1), "batches of 1,000": (1_000, 1)}
_AT_MOST = 8_000  # single observations a second that bodies are made for
_BATCHED = 10_000  # observations in all, by batches
_HEADER = "| observations in a request | clients | median, ms | 99 %, ms | rows/s |\n|" + " ---: |" * 5


def measure(options: Options) -> Measured:
    """Each case on a fresh copy of a study of 500, for it grows."""
    found: dict[str, list[Load]] = {case: [] for case in _CASES}
    for _ in range(options.rounds):
        for case, (rows, clients) in _CASES.items():
            found[case].append(_run(rows, clients, options))
    lines = [_line(*_CASES[case], runs) for case, runs in found.items()]
    pairs = zip(found["1 client"], found["32 clients"], strict=True)
    targets = {
        "observe clients": float(np.median([many.per_second / one.per_second for one, many in pairs])),
        "observe rows": max(n * _rows_per_second(found[f"batches of {n:,}"]) for n in (100, 1_000)),
    }
    lines.append(f"\nStudy of {OBSERVED} observations at first. 32 clients over one: {targets['observe clients']:.1f}.")
    return Measured("\n".join([_HEADER, *lines]), targets)


def _run(rows: int, clients: int, options: Options) -> Load:
    drawn = islice(notations(options.space), OBSERVED, None)
    n = int(_AT_MOST * options.seconds) if rows == 1 else _BATCHED // rows
    bodies = observe_bodies(drawn, n, rows)
    with copied(options.folder, options.space, OBSERVED) as data, running(str(data)) as (port, _, _):
        if rows == 1:
            return load(f"http://127.0.0.1:{port}/observe", bodies, clients, options.seconds, again=False)
        return generate(port, [("/observe", body) for body in bodies], clients).load()


def _rows_per_second(runs: list[Load]) -> float:
    return float(np.median([each.per_second for each in runs]))


def _line(rows: int, clients: int, runs: list[Load]) -> str:
    middle, tail = (np.median([getattr(each, what) for each in runs]) for what in ("median_ms", "p99_ms"))
    return f"| {rows:,} | {clients} | {middle:.2f} | {tail:.2f} | {rows * _rows_per_second(runs):,.0f} |"
