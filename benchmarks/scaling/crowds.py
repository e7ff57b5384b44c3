"""More and more workers on more and more replicas, each on a machine of its own: simulated."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.scaling.simulation import Scenario, simulate
from benchmarks.scaling.sizes import rounded
from benchmarks.scaling.times import Times

WORKERS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
REPLICAS = (1, 3, 10, 30)
_REQUESTS = 5_000  # at least, for a percentile to rest on


@dataclass(frozen=True, slots=True)
class Crowd:
    """What so many workers see.

    Args:
        per_second: requests, of all replicas together.
        estimate_ms: the 99th percentile, and likewise the others; not a number where there was none.
        busy: share of the time that a replica's thread of numbers works.
        together: observations of a commit, the mean.
    """

    replicas: int
    workers: int
    per_second: float
    estimate_ms: float
    observation_ms: float
    lag_ms: float
    busy: float
    together: float


def crowd(workers: int, replicas: int, times: Times, seconds: float) -> Crowd:
    """One of them, once the queues are as long as they get."""
    warm = 5.0 + 2 * workers * (times.estimate + times.follow) / replicas
    scenario = Scenario(workers, replicas, seconds=max(seconds, _REQUESTS / workers), warm_s=warm)
    found = simulate(scenario, times)
    return Crowd(
        replicas,
        workers,
        found.per_second,
        _tail_ms(found.estimates),
        _tail_ms(found.observations),
        _tail_ms(found.lags),
        found.busy,
        float(np.mean(found.commits)) if found.commits else 0.0,
    )


def table(found: Iterable[Crowd]) -> str:
    """A line for each, in Markdown."""
    lines = [
        "| replicas | workers | requests/s | estimate, 99 %, ms | observation, 99 %, ms | lag, 99 %, ms | busy "
        "| observations of a commit |",
        f"|{' ---: |' * 8}",
    ]
    for each in found:
        tails = [_cell(ms) for ms in (each.estimate_ms, each.observation_ms, each.lag_ms)]
        lines.append(
            f"| {each.replicas} | {each.workers:,} | {rounded(each.per_second)} | {' | '.join(tails)} "
            f"| {each.busy:.0%} | {each.together:.1f} |"
        )
    return "\n".join(lines)


def _tail_ms(seconds: Sequence[float]) -> float:
    return 1000 * float(np.quantile(seconds, 0.99)) if seconds else float("nan")


def _cell(ms: float) -> str:
    return "-" if np.isnan(ms) else rounded(ms)
