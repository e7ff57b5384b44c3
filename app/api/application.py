"""The FastAPI application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from starlette.responses import Response

from app.api import (
    activity,
    encoders,
    events,
    graphs,
    health,
    key_documents,
    metrics,
    observe,
    outcomes,
    page,
    predict,
    problems,
    progress,
    record,
    spaces,
    studies,
    study_map,
    suggest,
)
from app.api.access import Access, Keys
from app.api.asking import Asking
from app.api.audit import Auditing
from app.api.body_guard import BodyGuard
from app.api.connections import Connections
from app.api.hosts import Hosts
from app.api.measuring import Measuring, request_seconds
from app.api.rehearsal import rehearse
from app.api.service import Service
from app.api.straight import Straight
from app.predictor.predictor import Predictor

DESCRIPTION = """
Performance estimates for neural architecture search. Workers `POST /observe` each architecture that they have trained,
and `POST /predict` candidates before they train them; an estimate is the weighted mean of the nearest trained
neighbors in the embedding space of a trained encoder (EmProx, arXiv 2206.05972), with an error bar.

Errors are `application/problem+json` (RFC 9457).
"""

# Where nobody traces, FastAPI would look at every request whether anyone does. `/metrics` and the log tell the rest.
_UNTRACED = TelemetryConfig(tracing=False, metrics=False, logs=False)
_TRACED = TelemetryConfig(tracing=True, metrics=False, logs=False, operation_spans=False, auto_configure=True)


def create_application(
    predictor: Predictor,
    keys: Keys,
    max_body_bytes: int,
    encoder_check_s: float,
    loaded: Callable[[], None] = lambda: None,
    max_connections: int = 1000,
    hosts: Callable[[], Collection[str] | None] = lambda: None,
    *,
    traced: bool = False,
) -> FastAPI:
    """The application around a predictor, which it loads at start-up and closes at the end.

    Args:
        encoder_check_s: seconds between two looks for newer encoders.
        loaded: called once the predictor is loaded.
        max_connections: whoever runs it in a server keeps to `app.state.connections`.
        hosts: names that the server is asked by; None for all.
        traced: whether requests are told to the OpenTelemetry collector that the environment names.
    """
    straight = {"/predict": predict.STRAIGHT, "/observe": observe.STRAIGHT}
    rehearsed = Straight(Response(status_code=404), lambda: predictor, straight)
    service = Service(predictor, partial(rehearse, rehearsed), loaded)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(service.load())
        following = asyncio.create_task(service.follow_encoders(encoder_check_s))
        yield
        following.cancel()
        with suppress(Exception):  # it was logged, and /health/ready tells
            await loading
        await service.close()

    # /docs and /redoc from files of its package: a browser beside a GPU cluster often reaches nothing but this server.
    app = FastAPIOffline(
        title="EmProx Server",
        version=version("emprox-server"),
        description=DESCRIPTION,
        lifespan=lifespan,
        telemetry=_TRACED if traced else _UNTRACED,
    )
    app.state.service = service
    requests = request_seconds()
    app.state.connections = Connections(max_connections)
    app.state.metrics = metrics.registry(service, requests, app.state.connections)
    app.add_middleware(Straight, predictor=lambda: service.predictor, routes=straight)
    app.add_middleware(BodyGuard, limit=max_body_bytes)
    app.add_middleware(Asking, activity=service.activity)
    app.add_middleware(Access, keys=keys)
    app.add_middleware(Hosts, allowed=hosts)
    app.add_middleware(Auditing)
    app.add_middleware(Measuring, seconds=requests, straight=set(straight))
    problems.install(app)
    key_documents.install(app)
    for module in (
        predict,
        observe,
        suggest,
        studies,
        record,
        encoders,
        spaces,
        progress,
        study_map,
        outcomes,
        activity,
        events,
        graphs,
        health,
        metrics,
    ):
        app.include_router(module.router)
    app.include_router(page.router)
    app.router.routes.append(page.files)
    return app
