"""What a run of `benchmarks.cluster` measured, as `benchmarks.scaling` reads it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True)
class Together:
    """So many replicas at once. Times in milliseconds are medians, and the 99th percentile where they are two.

    Args:
        alone_ms: a fresh candidate, where nobody else asks.
        estimates: a second, of fresh single candidates; `batched` of those that are asked about by the thousand.
        observations: a second, durable.
        lag_ms: until another replica answers with what one has acknowledged; of one replica there is none.
        lag_loaded_ms: the same under load.
        noticed_ms: until it knows by itself.
        memory_gb: of one, resident; `own_gb` of it without pages of files.
        estimate_s: on processors, of all replicas, for each of the single candidates.
        estimating_cores: that replicas, database and clients were busy on meanwhile; `observing_cores` likewise. Fewer
            than there are where others use the machine, or a thread waits for another.
    """

    replicas: int
    ready_s: float
    alone_ms: float
    estimates: float
    batched: float
    observations: float
    memory_gb: float
    own_gb: float
    estimate_s: float
    estimating_cores: float
    observing_cores: float
    lag_ms: tuple[float, float] | None = None
    lag_loaded_ms: tuple[float, float] | None = None
    noticed_ms: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """A place where neighbors are looked for.

    Args:
        recall: of the neighbors of fresh candidates, against exact search.
        candidate_ms: a fresh candidate; `of_many_ms` each of a thousand.
        observation_ms: one that is stored.
    """

    search: str
    recall: float
    candidate_ms: float
    of_many_ms: float
    observation_ms: float
    memory_gb: float
    own_gb: float
    ready_s: float
    database_gb: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds that a request takes on processors, with one replica unless said.

    Args:
        estimate_s: of the replica, of a fresh single candidate; `estimate_client_s` of the client who asks.
        batched_s: of the replica, of each of a thousand candidates.
        observation_s: of the replica that is told, `observation_database_s` of the database, and so on.
        follow_s: of a replica that takes in what another one stored, of each observation; `follow_database_s` of the
            database that it reads it from.
        commit_s: from the start to the end of a commit of one observation; `commit_each_s` for each further one.
        log_bytes: that the database writes to its log, of each observation.
        stored_bytes: of each observation in the database; `vector_bytes` of pgvector's tables and graphs; `cache_bytes`
            in the data directory of a replica.
        embed_s: until a replica that starts without its cache has embedded one of all observations; `graph_s` until
            pgvector has its graph, likewise.
        steps: seconds by request and step, as `emprox_step_seconds` tells them, of each architecture: of "predict" and
            "observe" alone in its request, of "batch" one of a thousand.
    """

    estimate_s: float
    estimate_client_s: float
    batched_s: float
    observation_s: float
    observation_database_s: float
    observation_client_s: float
    follow_s: float
    follow_database_s: float
    commit_s: float
    commit_each_s: float
    log_bytes: float
    stored_bytes: float
    vector_bytes: float
    cache_bytes: float
    embed_s: float
    graph_s: float
    steps: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Measured:
    """All of a run.

    Args:
        told: machine and date.
        rounds: that the figures are medians of.
        n: observations of the study.
    """

    told: str
    cores: int
    n: int
    rounds: int
    together: list[Together]
    searched: list[Searched]
    costs: Costs | None = None

    def written(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    def of(self, replicas: int) -> Together:
        """The figures of so many replicas."""
        return next(each for each in self.together if each.replicas == replicas)


def read(path: Path = PATH) -> Measured:
    """The last run that was published."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    together = [Together(**{name: _pair(value) for name, value in each.items()}) for each in found.pop("together")]
    searched = [Searched(**each) for each in found.pop("searched")]
    costs = found.pop("costs")
    return Measured(**found, together=together, searched=searched, costs=Costs(**costs) if costs else None)


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
