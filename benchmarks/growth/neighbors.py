"""The same candidates, weighed by more and more neighbors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.growth.studies import SPACE
from benchmarks.server import running
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import filled
from benchmarks.serving.notations import notations
from benchmarks.serving.requests import predict_bodies

OBSERVED = 10_000
_K = (1, 4, 16, 64, 128, 256, None)
_ASKED = 60

Cost = tuple[int | None, float]
"""Neighbors, None for as many as pay, and milliseconds of a candidate."""


def measure(folder: Path) -> list[Cost]:
    """Medians of a fresh candidate, the numbers of neighbors in turns."""
    with running(str(filled(folder, SPACE, OBSERVED))) as (port, _, _), Connection(port) as connection:
        bodies = predict_bodies(notations(SPACE, seed=2), _ASKED * len(_K), 1)
        times = [
            (k, connection.post("/predict", body if k is None else body.replace("{", f'{{"k":{k},', 1))[0])
            for i, body in enumerate(bodies)
            for k in [_K[i % len(_K)]]
        ]
    return [(k, float(np.median([ms for of, ms in times if of == k]))) for k in _K]


def table(costs: Sequence[Cost]) -> str:
    """A line for each number, in Markdown."""
    lines = [f"| {'as many as pay' if k is None else k} | {ms:.2f} |" for k, ms in costs]
    head = f"| neighbors weighed of {OBSERVED:,} | one fresh candidate, ms |\n| ---: | ---: |"
    return "\n".join([head, *lines])
