"""Answers plain requests of the busiest routes without FastAPI's machinery, which takes longer than the answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import access, asking, problems
from app.domain.errors import EmproxError
from app.predictor.predictor import Predictor


@dataclass(frozen=True, slots=True)
class StraightRoute:
    """What a route does between the body of a request and that of its answer.

    Args:
        read: what the body holds, and the schema of that. Raises HTTPException where it is no JSON.
        admit: what is to come is not even read where this raises.
        answer: the JSON of the answer. Raises what the route does.
    """

    read: Callable[[bytes], tuple[object, type[BaseModel]]]
    status: int
    answer: Callable[[Any, Predictor, Scope], Awaitable[bytes]]
    admit: Callable[[Predictor], None] = lambda _: None


class Straight:
    """ASGI middleware; a body that is no request is left to the route, which says what is wrong with it.

    Args:
        predictor: raises NotReadyError before it is loaded.
        routes: by path; for POST.
    """

    def __init__(self, app: ASGIApp, predictor: Callable[[], Predictor], routes: Mapping[str, StraightRoute]) -> None:
        self._app = app
        self._predictor = predictor
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        try:
            predictor = self._predictor()
            route.admit(predictor)
            last = await _read(receive)
            if not last.get("body"):  # nothing was sent, or whoever asked is gone
                await self._app(scope, _again(last, receive), send)
                return
            body, schema = route.read(last["body"])
            access.check_body(scope, body)
            asking.read(scope, body)
            try:
                request = schema.model_validate(body)
            except ValidationError:
                await self._app(scope, _again(last, receive), send)
                return
            _name_span(scope["path"])
            answer = await route.answer(request, predictor, scope)
        except (EmproxError, HTTPException) as err:
            await problems.answer(scope, err)(scope, receive, send)
        else:
            length = b"%d" % len(answer)
            headers = [(b"content-length", length), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": route.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer})


def _name_span(path: str) -> None:
    """As FastAPI names those of its routes, where requests are traced."""
    span = trace.get_current_span()
    if span.is_recording():
        span.update_name(f"POST {path}")
        span.set_attribute("http.route", path)


async def _read(receive: Receive) -> Message:
    """The whole body in one message, or that there is none any more."""
    message = await receive()
    if not message.get("more_body"):
        return message
    parts = [message["body"]]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return {**message, "body": b"".join(parts)}


def _again(first: Message, receive: Receive) -> Receive:
    messages = iter([first])

    async def replayed() -> Message:
        return next(messages, None) or await receive()

    return replayed
