"""The application over the bundled encoder and a store of its own, asked over HTTP without a network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.encoder.checkpoint import load_checkpoint
from app.predictor.ports import Encoder
from app.settings import MODELS_DIR
from app.spaces.nasbench201 import NasBench201

from .serving import Server, serving, store_with_default_study


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Uvicorn's event loop."""
    return "asyncio"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that comes with the repository."""
    return load_checkpoint(MODELS_DIR, NasBench201()).serving()


@pytest.fixture
async def server(tmp_path: Path, encoder: Encoder) -> AsyncIterator[Server]:
    """A server that is ready, with the default study and no observations."""
    async with serving(store_with_default_study(tmp_path), encoder, tmp_path / "cache") as server:
        await server.ready()
        yield server


@pytest.fixture(scope="module")
async def shared_server(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> AsyncIterator[Server]:
    """One for all tests of a module, for requests that change nothing."""
    directory = tmp_path_factory.mktemp("shared")
    async with serving(store_with_default_study(directory), encoder, directory / "cache") as server:
        await server.ready()
        yield server
