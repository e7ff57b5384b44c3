"""How long after an acknowledgement at one replica another one answers with it."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.cluster.load import Replica
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import NAME
from benchmarks.serving.generator import Request, generate
from benchmarks.serving.mixing import SHARE
from benchmarks.serving.notations import Notation
from benchmarks.serving.requests import observe_bodies, predict_bodies

_CONNECTIONS = 8  # to each replica under load


def asked(replicas: Sequence[Replica], drawn: Iterator[Notation], times: int) -> list[float]:
    """Milliseconds from the acknowledgement until a question with `min_revision` was answered by the next replica."""
    found = []
    observations, (candidate,) = observe_bodies(drawn, times, 1), predict_bodies(drawn, 1, 1)
    with Connection(replicas[0].port) as writer, Connection(replicas[1].port) as reader:
        for body in observations:
            revision = writer.post("/observe", body)[1]["revision"]
            found.append(reader.post("/predict", candidate.replace("{", f'{{"min_revision":{revision},', 1))[0])
    return found


def noticed(replicas: Sequence[Replica], drawn: Iterator[Notation], times: int) -> list[float]:
    """Milliseconds until the next replica tells of the revision by itself, whom nobody asked to look."""
    found = []
    with Connection(replicas[0].port) as writer, Connection(replicas[1].port) as reader:
        for body in observe_bodies(drawn, times, 1):
            revision = writer.post("/observe", body)[1]["revision"]
            start = time.perf_counter()
            while reader.get(f"/studies/{NAME}")["revision"] < revision:
                time.sleep(0.001)
            found.append(1000 * (time.perf_counter() - start))
    return found


def under_load(
    replicas: Sequence[Replica], drawn: Iterator[Notation], rate: float, seconds: float
) -> tuple[list[float], float]:
    """See `asked`, while all replicas together are asked at this rate, one request of SHARE to observe; and the rate
    at which that was answered.
    """
    n = max(1, int(rate * seconds / len(replicas)))
    loads = [_mixed(drawn, n) for _ in replicas]
    found: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            found.extend(asked(replicas, drawn, 3))

    def ask(place: int) -> float:
        answers = generate(replicas[place].port, loads[place], _CONNECTIONS, rate / len(replicas))
        return n / answers.seconds

    with ThreadPoolExecutor(len(replicas) + 1) as clients:
        watching = clients.submit(watch)
        try:
            answered = sum(clients.map(ask, range(len(replicas))))
        finally:
            over.set()
        watching.result()
    return found, answered


def _mixed(drawn: Iterator[Notation], n: int) -> list[Request]:
    observed = iter(observe_bodies(drawn, -(-n // SHARE), 1))
    predicted = iter(predict_bodies(drawn, n, 1))
    return [("/observe", next(observed)) if i % SHARE == SHARE - 1 else ("/predict", next(predicted)) for i in range(n)]
