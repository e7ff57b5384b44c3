"""The tables of a run, in Markdown."""

from collections.abc import Callable, Sequence

from benchmarks.cluster.load import CLIENTS
from benchmarks.cluster.measured import Measured, Searched, Together
from benchmarks.serving.mixing import SHARE

_LAG = "until another replica answers with what one has acknowledged"


def tables(measured: Measured) -> str:
    """All of them, with what they mean."""
    parts = [_told(measured)]
    if measured.together:
        parts.append(_together(measured.together))
    if measured.searched:
        parts.append(_searched(measured.searched))
    if measured.costs:
        parts.append(_costs(measured))
    return "\n\n".join(parts)


def _told(measured: Measured) -> str:
    return (
        f"{measured.n:,} random DARTS cells with made-up values; PostgreSQL 18 with pgvector; medians of "
        f"{measured.rounds} round{'s' if measured.rounds > 1 else ''}. Replicas, PostgreSQL and the clients share "
        f"{measured.cores} cores: replicas on machines of their own do not take them from one another, and so reach "
        "more together."
    )


def _together(found: Sequence[Together]) -> str:
    rows: list[tuple[str, Callable[[Together], float | None], int, bool]] = [
        (f"fresh single candidates/s, {CLIENTS} clients", lambda each: each.estimates, 0, True),
        ("the same, of each replica", lambda each: each.estimates / each.replicas, 0, True),
        ("fresh candidates/s, by the thousand, 2 clients each", lambda each: each.batched, 0, True),
        ("the same, of each replica", lambda each: each.batched / each.replicas, 0, True),
        (f"durable observations/s, {CLIENTS} clients", lambda each: each.observations, 0, True),
        ("cores busy, of replicas, PostgreSQL and clients, estimating", lambda each: each.estimating_cores, 2, False),
        ("the same, observing", lambda each: each.observing_cores, 2, False),
        ("one fresh candidate, nobody else asks, ms", lambda each: each.alone_ms, 2, True),
        (f"{_LAG}, idle, ms", lambda each: each.lag_ms and each.lag_ms[0], 1, False),
        ("the same, 99 %", lambda each: each.lag_ms and each.lag_ms[1], 1, False),
        (f"the same under load, one request of {SHARE} observes", _loaded(0), 1, False),
        ("the same, 99 %", _loaded(1), 1, False),
        ("until it knows by itself, idle, ms", lambda each: each.noticed_ms and each.noticed_ms[0], 1, False),
        ("the same, 99 %", lambda each: each.noticed_ms and each.noticed_ms[1], 1, False),
        ("ready after a restart, beside the others, s", lambda each: each.ready_s, 1, True),
        ("resident memory of a replica, GB", lambda each: each.memory_gb, 2, True),
        ("of it no pages of files, GB", lambda each: each.own_gb, 2, True),
    ]
    head = [str(each.replicas) if each.replicas > 1 else "1 replica" for each in found]
    lines = [f"| | {' | '.join(head)} |", f"| --- |{' ---: |' * len(found)}"]
    for what, figure, digits, ratio in rows:
        values = [figure(each) for each in found]
        cells = [_cell(value, values[0] if ratio and i else None, digits) for i, value in enumerate(values)]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join([*lines, "\nIn brackets: over the first column."])


def _loaded(place: int) -> Callable[[Together], float | None]:
    return lambda each: each.lag_loaded_ms and each.lag_loaded_ms[place]


def _cell(value: float | None, of: float | None, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:,.{digits}f}" + (f" ({value / of:.2f})" if of else "")


def _searched(found: Sequence[Searched]) -> str:
    head = (
        "| neighbors by | recall | one fresh candidate, ms | each of 1,000, ms | one observation, ms "
        "| memory of a replica, GB | of it no pages of files, GB | start to ready, s | database, GB |"
    )
    lines = [
        f"| {each.search} | {each.recall:.4f} | {each.candidate_ms:.2f} | {each.of_many_ms:.3f} "
        f"| {each.observation_ms:.2f} | {each.memory_gb:.2f} | {each.own_gb:.2f} | {each.ready_s:.1f} "
        f"| {each.database_gb:.2f} |"
        for each in found
    ]
    told = (
        "\nOne replica, one client. Recall of the 48 nearest of 1,000 fresh candidates, against exact search, among "
        "the architectures that are no anchors. The copy of embeddings on the replica's disk is the same."
    )
    return "\n".join([head, f"| --- |{' ---: |' * 8}", *lines, told])


def _costs(measured: Measured) -> str:
    costs = measured.costs
    assert costs  # noqa: S101  # see `tables`
    rows = {
        "a fresh single candidate, of the replica": costs.estimate_s,
        "each of 1,000 candidates, of the replica": costs.batched_s,
        "an observation, of the replica that is told": costs.observation_s,
        "an observation, of PostgreSQL": costs.observation_database_s,
        "an observation, of each other replica": costs.follow_s,
        "an observation, of PostgreSQL for each other replica": costs.follow_database_s,
        "the client who asks for a candidate": costs.estimate_client_s,
        "the client who observes": costs.observation_client_s,
    }
    lines = ["| seconds on processors | ms |", "| --- | ---: |"]
    lines += [f"| {what} | {1000 * seconds:.3f} |" for what, seconds in rows.items()]
    steps = {
        request: ", ".join(f"{step} {1000 * seconds:.3f}" for step, seconds in each.items())
        for request, each in costs.steps.items()
    }
    lines.append(
        f"\nA commit of one observation takes {1000 * costs.commit_s:.2f} ms, and {1000 * costs.commit_each_s:.2f} ms "
        f"more for each further one; an observation takes {costs.stored_bytes:,.0f} bytes in the database and "
        f"{costs.log_bytes:,.0f} in its log. Steps of a single candidate among {CLIENTS} clients, ms on the clock: "
        f"{steps['predict']}; of each of a thousand: {steps['batch']}; of an observation among as many, the commit "
        f"shared: {steps['observe']}. The rest is HTTP, JSON and handing over."
    )
    return "\n".join(lines)
