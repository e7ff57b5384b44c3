"""A server under test."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from emprox_client.schemas import Problem
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from app.api.application import create_application
from app.api.problems import MEDIA_TYPE
from app.bootstrap import DEFAULT_STUDY, new_index
from app.encoder.library import EncoderLibrary
from app.predictor.encoding import Encoding
from app.predictor.ports import Encoder
from app.predictor.predictor import Predictor
from app.predictor.space_loader import declared_encoding
from app.predictor.store import ObservationStore
from app.settings import MODELS_DIR
from app.spaces.nasbench201 import NasBench201
from app.storage.key_file import KeyFile
from app.storage.observation_store import SqlObservationStore
from app.storage.sqlite import open_sqlite_store
from app.storage.study_cache import FileStudyCache

MAX_BODY_BYTES = 300_000


@dataclass(frozen=True)
class Server:
    """A running application, with what is behind it.

    Args:
        http: sends requests to it; an error that it does not handle comes back as a 500.
    """

    http: httpx.AsyncClient
    app: FastAPI
    predictor: Predictor

    async def revision(self) -> int:
        """Of the default study."""
        found: int = (await self.http.get("/studies/default")).json()["revision"]
        return found

    def routes(self) -> list[APIRoute]:
        """All that the application answers, but for the pages that show its OpenAPI document."""
        return [route for route in _routes(self.app.routes) if route.include_in_schema]

    def operations(self) -> set[str]:
        """Their methods and paths, such as `GET /studies`."""
        return {f"{method} {route.path}" for route in self.routes() for method in route.methods or ()}

    async def ready(self) -> None:
        """Wait until it can answer."""
        while (await self.http.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.01)  # what is loaded needs its turn


def store_with_default_study(directory: Path) -> SqlObservationStore:
    """A store, still without observations; the server that it is given to closes it."""
    store = open_sqlite_store(directory)
    store.declare(DEFAULT_STUDY)
    return store


@asynccontextmanager
async def serving(
    store: ObservationStore,
    encoder: Encoder,
    cache: Path,
    queue_limit: int = 64,
    models: Path = MODELS_DIR,
    encoder_check_s: float = 3600,
    keys: KeyFile | None = None,
) -> AsyncIterator[Server]:
    """A server over a store, which may still be loading when it is handed out."""
    encoders = EncoderLibrary(models, cache.with_name("encoders"))
    encodings = {"nasbench201": Encoding(NasBench201(), encoder)}
    encodings |= {record.name: declared_encoding(record, encoders) for record in store.spaces()}
    predictor = Predictor(store, encodings, encoders, FileStudyCache(cache), new_index, queue_limit)
    app = create_application(predictor, keys or KeyFile(cache.parent), MAX_BODY_BYTES, encoder_check_s)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://it") as http:
        yield Server(http, app, predictor)


def problem_of(response: httpx.Response, status: int) -> Problem:
    """The problem that a response is."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    problem = Problem.model_validate_json(response.content)
    assert problem.status == status
    return problem


def _routes(among: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    for route in among:
        if isinstance(route, APIRoute):
            yield route
        elif isinstance(included := getattr(route, "original_router", None), APIRouter):
            yield from _routes(included.routes)
