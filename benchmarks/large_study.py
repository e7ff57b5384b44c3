"""A large study: random NAS-Bench-101 cells with made-up accuracies, as if forty workers had trained them."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.domain.architecture import Architecture, Notation
from app.domain.observation import Observation
from app.domain.prediction import Estimate, Expectation
from app.domain.study import Metric, Study
from app.spaces.registry import get_space
from app.storage.sqlite import open_sqlite_store

NAME = "large"
FURTHER = 500
_WORKERS = 40
_AT_ONCE = 10_000


def fill(data: Path, n: int) -> list[Notation]:
    """Store a study of n distinct cells in a data directory; gives FURTHER cells that are not in it."""
    space, rng = get_space("nasbench101"), np.random.default_rng(0)
    distinct: dict[str, Architecture] = {}
    while len(distinct) < n + FURTHER:
        architecture = space.sample(rng)
        distinct[architecture.id] = architecture
    architectures = list(distinct.values())
    with closing(open_sqlite_store(data)) as store:
        store.declare(Study(NAME, "nasbench101", (Metric("value"),)))
        for first in range(0, n, _AT_ONCE):
            batch = enumerate(architectures[first : min(first + _AT_ONCE, n)], first)
            store.append(NAME, [_trained(i, each, rng) for i, each in batch])
    return [each.notation for each in architectures[n:]]


def _trained(i: int, architecture: Architecture, rng: np.random.Generator) -> Observation:
    score, noise = _score(architecture.cells[0].operations), float(rng.normal(scale=0.3))
    expected = Expectation(Estimate(score, 0.3, score - 0.5, score + 0.5), score, noise / 0.3, 0)
    return Observation(
        f"run-{i}",
        architecture.id,
        architecture.notation,
        {"value": score + noise},
        datetime.now(UTC),
        worker=f"gpu-{i % _WORKERS}",
        expected={"value": expected} if i else {},
    )


def _score(operations: Sequence[str]) -> float:
    return 85.0 + sum("conv3x3" in each for each in operations) * 2
