"""What gives first, and where, by arithmetic from the measured costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cluster.measured import Measured
from benchmarks.scaling.sizes import EMPTY_GB, gb_each, rounded
from benchmarks.scaling.times import costs_of

CONNECTIONS = 70  # that a replica opens at most (docs/cluster.md)
_ALLOWED = 1_000  # connections of a database that others use as well
_NUMBERS = 2**31 - 1  # of observations, 32-bit integers, for all studies together
_MACHINE_GB = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """Where something gives."""

    what: str
    at: str
    why: str
    then: str


def limits(measured: Measured) -> list[Limit]:
    """Of what answers first, then of what is stored."""
    return [*_of_rates(measured), *_of_sizes(measured)]


def table(found: Sequence[Limit]) -> str:
    """A line for each, in Markdown."""
    lines = [f"| {each.what} | {each.at} | {each.why} | {each.then} |" for each in found]
    return "\n".join(["| what | gives at | because | then |", "| --- | --- | --- | --- |", *lines])


def _of_rates(measured: Measured) -> list[Limit]:
    costs = costs_of(measured)
    single, many, follow, commit = (
        rounded(1 / each) for each in (costs.estimate_s, costs.batched_s, costs.follow_s, costs.commit_s)
    )
    return [
        Limit(
            "estimates",
            f"{single} single candidates or {many} by the thousand a second, each replica",
            "one thread does the numbers",
            "ask by the hundred; more replicas",
        ),
        Limit(
            "commits to one study",
            f"{commit} a second; observations that wait together share one",
            "its row is held until the disk has them",
            "observe by the hundred; a faster disk; partition by study",
        ),
        Limit(
            "observations of all studies",
            f"{follow} a second, however many replicas",
            "each replica takes in all of them",
            "observe by the hundred; partition by study",
        ),
        Limit(
            "connections",
            f"{_ALLOWED // CONNECTIONS} replicas where `max_connections` is {_ALLOWED:,}",
            f"up to {CONNECTIONS} each",
            "allow more; no pooler of transactions",
        ),
    ]


def _of_sizes(measured: Measured) -> list[Limit]:
    costs = costs_of(measured)
    # Millions of observations.
    memory, pgvector = (
        rounded((_MACHINE_GB - EMPTY_GB) / max(1e-12, gb_each(measured, each)) / 1e6) for each in measured.searched
    )
    graph, embedded = rounded(1e3 * _MACHINE_GB / costs.vector_bytes), rounded(0.0864 / costs.embed_s)
    return [
        Limit(
            "memory of a replica",
            f"{memory} million observations in {_MACHINE_GB} GB",
            "each holds all studies",
            f"`EMPROX_SEARCH=pgvector` ({pgvector} million); partition by study",
        ),
        Limit(
            "first start of a replica without its cache",
            f"{embedded} million observations in a day",
            "all are parsed, embedded and put into a graph",
            "start it from a copy of the data directory of another one that was stopped",
        ),
        Limit(
            "graph of pgvector",
            f"{graph} million observations in {_MACHINE_GB} GB of the database's memory",
            "a search reads all over it",
            "a sharded vector engine",
        ),
        Limit(
            "numbers of observations",
            f"{_NUMBERS / 1e9:.1f} billion in a database",
            "they have 32 bits",
            "partition by study; a migration to 64 bits",
        ),
    ]
