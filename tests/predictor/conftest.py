"""Predictors over the bundled encoder and a store of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.encoder.checkpoint import load_checkpoint
from app.predictor.ports import Encoder
from app.settings import MODELS_DIR
from app.spaces.nasbench201 import NasBench201

from .running import Running


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of the server."""
    return "asyncio"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that comes with the repository."""
    return load_checkpoint(MODELS_DIR, NasBench201()).serving()


@pytest.fixture
def running(tmp_path: Path, encoder: Encoder) -> Iterator[Running]:
    """A loaded predictor with a study `cells` of two metrics and no observations."""
    with Running(tmp_path, encoder) as running:
        yield running
