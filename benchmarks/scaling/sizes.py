"""What follows from the measured costs by arithmetic alone: bytes, requests and cores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.cluster.measured import Costs, Measured, Searched
from benchmarks.scaling.times import costs_of

OBSERVATIONS = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
WORKERS = (1, 10, 100, 1_000, 10_000)
TRAINING_S = 600.0  # of a worker, who asks for ASKED candidates before it and observes one after it
ASKED = 1_000
BUSY = 0.5  # of a replica's thread of numbers: above, waits grow fast
EMPTY_GB = 0.21  # memory of a server with 1,000 observations (python -m benchmarks.growth)
_DAY_S = 86_400
_LEAST = 0.001  # that is told


@dataclass(frozen=True, slots=True)
class Size:
    """What so many observations take.

    Args:
        database_gb: without vectors; `vectors_gb` what pgvector has besides.
        memory_gb: of each replica, resident, neighbors in memory; `pgvector_gb` with neighbors in the database.
        disk_gb: of the data directory of each replica.
        embedding_h: of the first start of a replica that has no cache.
    """

    n: int
    database_gb: float
    vectors_gb: float
    memory_gb: float
    pgvector_gb: float
    disk_gb: float
    embedding_h: float


@dataclass(frozen=True, slots=True)
class Demand:
    """What so many workers ask of the replicas, each of which trains for TRAINING_S at a time.

    Args:
        cores: by stage, of all replicas together but for `follow`, which each of them spends.
        replicas: so that their threads of numbers are busy for BUSY of the time.
        log_gb: that the database writes to its log in a day.
    """

    workers: int
    candidates: float
    observations: float
    cores: dict[str, float]
    replicas: int
    log_gb: float
    observations_a_year: float


def size(measured: Measured, n: int) -> Size:
    """In proportion to the observations; memory beyond that of a small server."""
    costs = costs_of(measured)
    memory, pgvector = (EMPTY_GB + n * gb_each(measured, each) for each in measured.searched)
    return Size(
        n,
        n * costs.stored_bytes / 1e9,
        n * costs.vector_bytes / 1e9,
        memory,
        pgvector,
        n * costs.cache_bytes / 1e9,
        n * costs.embed_s / 3600,
    )


def demand(measured: Measured, workers: int) -> Demand:
    """Of workers who keep their machines busy."""
    costs = costs_of(measured)
    observations = workers / TRAINING_S
    candidates = observations * ASKED
    by_step = costs.steps["batch"]
    # Steps are timed by the clock: where threads waited for a core, they come to more than the processors worked.
    share = min(1.0, costs.batched_s / sum(by_step.values()))
    batch = {step: share * seconds for step, seconds in by_step.items()}
    estimating = batch["neighbors"] + batch["weights"]
    rest = max(0.0, costs.batched_s - sum(batch.values()))
    cores = {
        "parse": candidates * batch["parse"],
        "encode": candidates * batch["encode"],
        "estimate": candidates * estimating,
        "HTTP, JSON": candidates * rest,
        "take in": observations * costs.observation_s,
        "commit": observations * costs.observation_database_s,
        "follow": observations * costs.follow_s,
    }
    return Demand(
        workers,
        candidates,
        observations,
        cores,
        _replicas(costs, candidates, observations),
        _log_gb(costs, observations),
        observations * _DAY_S * 365,
    )


def gb_each(measured: Measured, searched: Searched) -> float:
    """Memory of a replica for each observation, beyond that of a small server."""
    return max(0.0, searched.memory_gb - EMPTY_GB) / measured.n


def _replicas(costs: Costs, candidates: float, observations: float) -> int:
    """0 where no number is enough: all are busy with what others store."""
    free = BUSY - observations * costs.follow_s
    if free <= 0:
        return 0
    work = candidates * costs.batched_s + observations * max(0.0, costs.observation_s - costs.follow_s)
    return max(1, -int(-work // free))


def _log_gb(costs: Costs, observations: float) -> float:
    return observations * costs.log_bytes * _DAY_S / 1e9


def size_table(found: Sequence[Size]) -> str:
    """A line for each, in Markdown."""
    lines = [
        "| observations | database, GB | vectors of pgvector, GB | memory of a replica, GB "
        "| the same with pgvector, GB | disk of a replica, GB | first start without a cache, h |",
        f"|{' ---: |' * 7}",
    ]
    for each in found:
        figures = (each.database_gb, each.vectors_gb, each.memory_gb, each.pgvector_gb, each.disk_gb, each.embedding_h)
        lines.append(f"| {each.n:,} | {' | '.join(map(rounded, figures))} |")
    return "\n".join(lines)


def demand_table(found: Sequence[Demand]) -> str:
    """A line for each, in Markdown."""
    stages = list(found[0].cores)
    lines = [
        "| workers | candidates/s | observations/s "
        + "".join(f"| {stage}, cores " for stage in stages)
        + "| replicas | log of the database, GB a day | observations a year, million |",
        f"|{' ---: |' * (6 + len(stages))}",
    ]
    for each in found:
        figures = [each.candidates, each.observations, *each.cores.values()]
        cells = [*map(rounded, figures), str(each.replicas or "none is enough"), rounded(each.log_gb)]
        lines.append(f"| {each.workers:,} | {' | '.join(cells)} | {rounded(each.observations_a_year / 1e6)} |")
    return "\n".join(lines)


def rounded(figure: float) -> str:
    """Two digits that count, or all before the point, of a number that is not negative."""
    if figure >= 10:
        return f"{figure:,.0f}"
    if 0 < figure < _LEAST:
        return f"< {_LEAST}"
    digits = 1 if figure >= 1 else 1 - int(np.floor(np.log10(figure))) if figure else 0
    return f"{figure:.{digits}f}"
