"""A structural embedding and a graph encoder of NAS-Bench-201, each fitted once for all tests of the package."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.encoder.structural import StructuralEmbedding
from app.encoder.training import Trained, train
from app.spaces.nasbench201 import NasBench201


@dataclass(frozen=True)
class Run:
    """A training with what was seen of it."""

    sample: Sequence[Architecture]
    trained: Trained
    losses: Sequence[float]


@pytest.fixture(scope="session")
def sample() -> list[Architecture]:
    """A thousand cells drawn uniformly."""
    rng = np.random.default_rng(0)
    return [NasBench201().sample(rng) for _ in range(1000)]


@pytest.fixture(scope="session")
def structural(sample: list[Architecture]) -> StructuralEmbedding:
    """Fitted to the sample."""
    return StructuralEmbedding.fit(NasBench201(), sample)


@pytest.fixture(scope="session")
def run(sample: list[Architecture]) -> Run:
    """Forty cells learned by heart."""
    losses: list[float] = []
    trained = train(NasBench201(), sample[:40], seed=0, steps=250, progress=lambda _step, loss: losses.append(loss))
    return Run(sample[:40], trained, losses)
