"""Every test with `connect` runs with both clients; those with `study` against a real server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from emprox_client import Client, StudyHandle
from tests.process.server_process import ServerProcess, serving

from .either import Connect, awaited

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A real server, for all tests that do not stop it."""
    with serving(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(params=["plain", "async"])
def connect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Makes clients of one kind, whatever is set around the tests."""
    monkeypatch.delenv("EMPROX_URL", raising=False)
    monkeypatch.delenv("EMPROX_API_KEY", raising=False)
    loop = asyncio.new_event_loop()
    made: list[Client] = []

    def connecting(url: str | None = None, **arguments: object) -> Client:
        client = Client(url, **arguments) if request.param == "plain" else awaited(loop, url, arguments)  # type: ignore[arg-type]
        made.append(client)
        return client

    yield connecting
    for client in made:
        client.close()
    loop.close()


@pytest.fixture
def client(connect: Connect, server: ServerProcess) -> Client:
    """A client of the real server."""
    return connect(server.url)


@pytest.fixture
def study(client: Client) -> StudyHandle:
    """A study of its own on the real server, with nothing observed yet."""
    study = client.study(f"study-{next(_numbers)}")
    study.declare("nasbench201", [{"name": "val_accuracy", "unit": "%"}])
    return study
