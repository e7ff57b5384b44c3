"""The service times that the simulation draws from, as `benchmarks.cluster` measured them."""

from dataclasses import dataclass

from benchmarks.cluster.measured import Costs, Measured


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, each a mean.

    Args:
        estimate: of the replica's one thread of numbers, for a single candidate.
        observation: of the same, for an observation that it is told.
        follow: of the same, for an observation that another replica stored.
        commit: until the database has one observation on its disk; the row of the study is held meanwhile.
        commit_each: for each further one in the same commit.
        database: of the database on a processor, for an observation.
        database_follow: of the same, for each replica that reads it.
        client: of whoever asks or tells, on a processor.
        notice: until a replica looks at what another one stored.
        delay: what an answer takes besides, where nobody waits.
    """

    estimate: float
    observation: float
    follow: float
    commit: float
    commit_each: float
    database: float = 0.0
    database_follow: float = 0.0
    client: float = 0.0
    notice: float = 0.002
    delay: float = 0.0

    @classmethod
    def of(cls, measured: Measured) -> "Times":
        """Those of a run with one replica and several."""
        costs = costs_of(measured)
        return cls(
            estimate=costs.estimate_s,
            observation=costs.observation_s,
            follow=costs.follow_s,
            commit=costs.commit_s,
            commit_each=costs.commit_each_s,
            database=costs.observation_database_s,
            database_follow=costs.follow_database_s,
            client=costs.estimate_client_s,
            delay=max(0.0, measured.together[0].alone_ms / 1000 - costs.estimate_s),
        )


def costs_of(measured: Measured) -> Costs:
    """What a request takes.

    Raises:
        SystemExit: the run did not measure it.
    """
    if measured.costs is None:
        raise SystemExit("that run did not measure one replica and several: run python -m benchmarks.cluster")
    return measured.costs
