"""How soon a server that was started is ready, and as fast as it will be."""

from itertools import islice

import numpy as np

from benchmarks.server import running
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import filled
from benchmarks.serving.notations import notations
from benchmarks.serving.options import Measured, Options
from benchmarks.serving.process import resident_gb
from benchmarks.serving.requests import predict_bodies

OBSERVED = 500
_STARTS = 3  # in each round
_REQUESTS = 10


def measure(options: Options) -> Measured:
    """Starts it again and again, and asks each time for ten candidates, one after the other."""
    data = filled(options.folder, options.space, OBSERVED)
    seconds, memory, times = [], [], []
    bodies = predict_bodies(islice(notations(options.space), OBSERVED, None), _REQUESTS, 1)
    with running(str(data)):
        pass  # fits the study and keeps what was fitted
    for _ in range(_STARTS * options.rounds):
        with running(str(data)) as (port, pid, ready), Connection(port) as connection:
            times.append([connection.post("/predict", body)[0] for body in bodies])
            seconds.append(ready)
            memory.append(resident_gb(pid))
    by_request = np.median(times, axis=0)
    ratio = float(np.median([each[0] / each[-1] for each in times]))
    lines = [
        f"| {OBSERVED} observations, median of {len(times)} starts | |\n| --- | ---: |",
        f"| start to ready, s | {np.median(seconds):.2f} |",
        f"| resident memory, MB | {1000 * np.median(memory):.0f} |",
        *(f"| request {i}, ms | {by_request[i - 1]:.2f} |" for i in (1, 2, _REQUESTS)),
        f"| request 1 / request {_REQUESTS} | {ratio:.2f} |",
    ]
    return Measured("\n".join(lines), {"first": ratio})
