"""`GET /studies/{name}/events`."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.sse import format_sse_event
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.access import still_holds
from app.api.json_body import JsonRoute
from app.api.problems import BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedDashboard
from app.api.studies import StudyName
from app.dashboard.events import Event, Listener
from app.domain.errors import StoreError, UnknownStudyError

router = APIRouter(tags=["page"], route_class=JsonRoute)

_EXAMPLE = """event: study
data: {"study": "default", "revision": 129, "observations": 480, "encoder": "nasbench201/1", "encoder_kind": "graph", \
"fitted_observations": {"val_accuracy": 455}}

event: activity
data: {"requests": 1042}

event: gone
data: {"study": "default"}

"""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would wait until there is more to pass on
_STREAM: dict[str, Any] = {
    "description": "Server-sent events, until the study is deleted or the server stops.",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
}


class _EventStream(StreamingResponse):
    """What a listener is told; the listener is closed however the response ends."""

    def __init__(self, listener: Listener, scope: Scope) -> None:
        super().__init__(_lines(listener, scope), headers=_HEADERS, media_type="text/event-stream")
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._listener.close()


@router.get(
    "/studies/{name}/events",
    response_class=StreamingResponse,
    responses=documented(INVALID, UnknownStudyError, StoreError, *BUSY_PROBLEMS) | {200: _STREAM},
)
async def events(name: StudyName, dashboard: LoadedDashboard, request: Request) -> Response:
    """What changes in a study, as it happens: server-sent events.

    `study` comes at once, and whenever its revision, its encoder or a fit is another one. `activity` tells how many
    requests there were since the start, at most every two seconds, as they come. `gone` comes when the study
    is deleted, and ends the stream. A comment every 15 seconds keeps the connection.
    """
    return _EventStream(await dashboard.events.listen(name), request.scope)


async def _lines(listener: Listener, scope: Scope) -> AsyncIterator[bytes]:
    async for event in listener.events():
        if not still_holds(scope):
            return
        yield _line(event)


def _line(event: Event) -> bytes:
    if event.name is None:
        return format_sse_event(comment="still here")
    return format_sse_event(event=event.name, data_str=json.dumps(event.data))
