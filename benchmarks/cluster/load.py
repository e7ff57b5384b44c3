"""Clients that spread over replicas, and what their requests cost on processors."""

import resource
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.cluster.database import Database
from benchmarks.serving.generator import Request, generate
from benchmarks.serving.notations import Notation
from benchmarks.serving.options import MANY
from benchmarks.serving.process import processor_seconds
from benchmarks.serving.requests import observe_bodies, predict_bodies
from benchmarks.serving.wrk import Load, load

CLIENTS = 32
_BATCHES = 4  # requests for a thousand candidates, of each replica
_AT_MOST = {"/predict": 4_000, "/observe": 2_500}  # requests a second that bodies are made for
_BODIES = {"/predict": predict_bodies, "/observe": observe_bodies}


@dataclass(frozen=True, slots=True)
class Replica:
    """A running replica.

    Args:
        ready_s: from its start until it was ready.
    """

    port: int
    pid: int
    ready_s: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What a load came to; seconds on processors are of each request, or of each candidate of a batch.

    Args:
        answered: requests, or candidates, by all replicas together; `per_second` of them.
        servers_s: of all replicas, whoever was asked.
    """

    answered: int
    per_second: float
    servers_s: float
    database_s: float
    clients_s: float

    @property
    def cores(self) -> float:
        """That were busy."""
        return self.per_second * (self.servers_s + self.database_s + self.clients_s)


def singles(
    path: str, replicas: Sequence[Replica], database: Database, drawn: Iterator[Notation], seconds: float
) -> Spent:
    """Requests with one fresh architecture each, from CLIENTS clients who ask again as soon as they are answered."""
    n = int(_AT_MOST[path] * seconds)
    bodies = [_BODIES[path](drawn, n // len(replicas) + CLIENTS, 1) for _ in replicas]

    def ask(place: int) -> Load:
        url = f"http://127.0.0.1:{replicas[place].port}{path}"
        return load(url, bodies[place], CLIENTS // len(replicas), seconds, again=False)

    return _spent(ask, replicas, database, 1)


def batches(replicas: Sequence[Replica], database: Database, drawn: Iterator[Notation]) -> Spent:
    """Requests for a thousand fresh candidates each, from two clients of each replica."""
    asked: list[list[Request]] = [
        [("/predict", body) for body in predict_bodies(drawn, _BATCHES, MANY)] for _ in replicas
    ]
    return _spent(lambda place: generate(replicas[place].port, asked[place], 2).load(), replicas, database, MANY)


def _spent(ask: Callable[[int], Load], replicas: Sequence[Replica], database: Database, of_each: int) -> Spent:
    before = _processors(replicas, database)
    with ThreadPoolExecutor(len(replicas)) as clients:
        found = list(clients.map(ask, range(len(replicas))))
    answered = of_each * sum(each.answered for each in found)
    spent = [(b - a) / answered for a, b in zip(before, _processors(replicas, database), strict=True)]
    return Spent(answered, of_each * sum(each.per_second for each in found), *spent)


def _processors(replicas: Sequence[Replica], database: Database) -> tuple[float, float, float]:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    servers = sum(processor_seconds(each.pid) for each in replicas)
    return servers, database.processor_seconds(), ended.ru_utime + ended.ru_stime
