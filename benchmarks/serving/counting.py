"""What it costs that a new observation counts in the very next estimate."""

from itertools import islice

import numpy as np

from benchmarks.server import running
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import copied
from benchmarks.serving.notations import notations
from benchmarks.serving.options import Measured, Options
from benchmarks.serving.requests import observe_bodies, predict_bodies

OBSERVED = 4_000
_TIMES = 40  # in each round
_HEADER = "| one client, 4,000 observations | median, ms | 95 %, ms |\n| --- | ---: | ---: |"


def measure(options: Options) -> Measured:
    """One observation, then the same estimate twice: only the first has something new to take in."""
    observed, first, second = [], [], []
    for _ in range(options.rounds):
        drawn = islice(notations(options.space), OBSERVED, None)
        (asked,) = predict_bodies(drawn, 1, 1)
        new = observe_bodies(drawn, _TIMES, 1)
        with (
            copied(options.folder, options.space, OBSERVED) as data,
            running(str(data)) as (port, _, _),
            Connection(port) as connection,
        ):
            connection.post("/predict", asked)
            for body in new:
                observed.append(connection.post("/observe", body)[0])
                first.append(connection.post("/predict", asked)[0])
                second.append(connection.post("/predict", asked)[0])
    added = np.subtract(first, second)
    rows = {
        "`/observe`": observed,
        "`/predict` after it": first,
        "the same `/predict` again": second,
        "added": added,
    }
    lines = [f"| {what} | {np.median(ms):.2f} | {np.quantile(ms, 0.95):.2f} |" for what, ms in rows.items()]
    return Measured("\n".join([_HEADER, *lines]), {"added": float(np.median(added))})
