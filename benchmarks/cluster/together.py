"""One, two, three replicas over one database, asked by the same clients."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from benchmarks.cluster import lag
from benchmarks.cluster.load import Replica, Spent, batches, singles
from benchmarks.cluster.measured import Together
from benchmarks.cluster.prepared import Prepared, say
from benchmarks.cluster.steps import Steps, since, steps
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import NAME
from benchmarks.serving.notations import Notation
from benchmarks.serving.process import own_gb, processor_seconds, resident_gb
from benchmarks.serving.requests import observe_bodies, predict_bodies

_ALONE = 100  # candidates, one after the other
_OBSERVED = 40  # observations, one after the other
_PROBES = 40  # of the lag
_LOAD = 0.4  # of the estimates a second that were reached: what the lag is measured under


@dataclass(frozen=True, slots=True)
class Run:
    """What one round measured.

    Args:
        costs: the fields of `Costs` that so many replicas can tell.
        steps: of one replica, see `Costs`.
    """

    together: Together
    costs: dict[str, float]
    steps: dict[str, dict[str, float]]


def measure(prepared: Prepared, n: int, drawn: Iterator[Notation], seconds: float) -> Run:
    """All figures of n replicas, on a copy of the database, for it grows."""
    database = prepared.database
    with prepared.copied() as url, ExitStack() as stack:
        # One after the other, so that the last one starts as after a restart: beside the others.
        replicas = [Replica(*stack.enter_context(prepared.replica(url))) for _ in range(n)]
        alone = _alone_ms(replicas[0], drawn)
        before = steps(replicas[0].port)
        single = singles("/predict", replicas, database, drawn, seconds)
        of_single = since(before, steps(replicas[0].port))
        before = steps(replicas[0].port)
        many = batches(replicas, database, drawn)
        of_many = since(before, steps(replicas[0].port))
        memory = [(resident_gb(each.pid), own_gb(each.pid)) for each in replicas]
        of_one = _commit_alone(replicas[0], drawn)
        before, log = steps(replicas[0].port), database.log_position()
        stored = singles("/observe", replicas, database, drawn, seconds)
        of_stored, log = since(before, steps(replicas[0].port)), database.log_position() - log
        _settle(replicas)
        idle = noticed = loaded = None
        following: dict[str, float] = {}
        if n > 1:
            idle = _middle_and_tail(lag.asked(replicas, drawn, _PROBES))
            noticed = _middle_and_tail(lag.noticed(replicas, drawn, _PROBES))
            found, _ = lag.under_load(replicas, drawn, _LOAD * single.per_second, 2 * seconds)
            loaded = _middle_and_tail(found)
            following = _following(replicas, prepared, drawn, seconds)
    together = Together(
        replicas=n,
        ready_s=replicas[-1].ready_s,
        alone_ms=alone,
        estimates=single.per_second,
        batched=many.per_second,
        observations=stored.per_second,
        memory_gb=float(np.median([each for each, _ in memory])),
        own_gb=float(np.median([each for _, each in memory])),
        estimate_s=single.servers_s,
        estimating_cores=single.cores,
        observing_cores=stored.cores,
        lag_ms=idle,
        lag_loaded_ms=loaded,
        noticed_ms=noticed,
    )
    say(f"replicas {n}: {single.per_second:,.0f} estimates/s, {stored.per_second:,.0f} observations/s")
    if following:
        return Run(together, following, {})
    costs = _costs(single, many, stored, of_one, of_stored["observe", "commit"])
    by_step = {
        "predict": _of_each(of_single, "predict", single),
        "batch": _of_each(of_many, "predict", many),
        "observe": _of_each(of_stored, "observe", stored),
    }
    return Run(together, costs | {"log_bytes": log / stored.answered}, by_step)


def _costs(
    single: Spent, many: Spent, stored: Spent, of_one: float, committing: tuple[float, float]
) -> dict[str, float]:
    seconds, commits = committing
    together = stored.answered / commits
    return {
        "estimate_s": single.servers_s,
        "estimate_client_s": single.clients_s,
        "batched_s": many.servers_s,
        "observation_s": stored.servers_s,
        "observation_database_s": stored.database_s,
        "observation_client_s": stored.clients_s,
        "commit_s": of_one,
        "commit_each_s": max(0.0, (seconds / commits - of_one) / max(1.0, together - 1)),
    }


def _of_each(found: Steps, request: str, spent: Spent) -> dict[str, float]:
    """Of each architecture; steps of requests that were answered together count once."""
    return {step: s / spent.answered for (of, step), (s, n) in found.items() if of == request and n and step != "queue"}


def _alone_ms(replica: Replica, drawn: Iterator[Notation]) -> float:
    with Connection(replica.port) as connection:
        times = [connection.post("/predict", body)[0] for body in predict_bodies(drawn, _ALONE, 1)]
    return float(np.median(times))


def _commit_alone(replica: Replica, drawn: Iterator[Notation]) -> float:
    """Seconds of a commit of one observation."""
    before = steps(replica.port)
    with Connection(replica.port) as connection:
        for body in observe_bodies(drawn, _OBSERVED, 1):
            connection.post("/observe", body)
    seconds, n = since(before, steps(replica.port))["observe", "commit"]
    return seconds / n


def _following(
    replicas: list[Replica], prepared: Prepared, drawn: Iterator[Notation], seconds: float
) -> dict[str, float]:
    """Seconds on processors for each observation: of a replica that is told none of them, and of the database."""
    mine = processor_seconds(replicas[-1].pid)
    database = prepared.database.processor_seconds()
    stored = singles("/observe", replicas[:1], prepared.database, drawn, seconds)
    _settle(replicas)
    mine, database = processor_seconds(replicas[-1].pid) - mine, prepared.database.processor_seconds() - database
    return {"follow_s": mine / stored.answered, "database_s": database / stored.answered}


def _settle(replicas: list[Replica]) -> None:
    """Until all are at the same revision."""
    while len({_revision(each) for each in replicas}) > 1:
        time.sleep(0.05)


def _revision(replica: Replica) -> int:
    with Connection(replica.port) as connection:
        return int(connection.get(f"/studies/{NAME}")["revision"])


def _middle_and_tail(milliseconds: list[float]) -> tuple[float, float]:
    middle, tail = np.quantile(milliseconds, (0.5, 0.99))
    return float(middle), float(tail)
