"""The bundled encoder, and cells with made-up values that depend on their operations."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.encoder.checkpoint import load_checkpoint
from app.predictor.ports import Encoder
from app.proximity.kernel import FloatArray
from app.settings import MODELS_DIR
from app.spaces.nasbench201 import NasBench201


@dataclass(frozen=True)
class Cells:
    """Architectures with a value each."""

    architectures: list[Architecture]
    values: FloatArray


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that comes with the repository."""
    return load_checkpoint(MODELS_DIR, NasBench201()).serving()


@pytest.fixture(scope="session")
def cells() -> Cells:
    """Eighty cells: two percent for each convolution, less for each nothing."""
    rng = np.random.default_rng(0)
    architectures = [NasBench201().sample(rng) for _ in range(80)]
    notations = [str(architecture.notation) for architecture in architectures]
    values = [80 + 2.0 * len(re.findall("conv", cell)) - 1.5 * len(re.findall("none", cell)) for cell in notations]
    return Cells(architectures, np.array(values))
