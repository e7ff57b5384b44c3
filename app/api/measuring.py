"""Counts requests by route and status, and how long their answers take."""

import time
from collections import defaultdict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.predictor.timings import SECONDS, Spread

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_OTHER = "other"  # whatever else is asked for has one name together: clients make up as many as they like

RequestSeconds = dict[tuple[str, str, str], Spread]
"""Seconds until requests were answered, by method, route and status; belongs to the event loop."""


def request_seconds() -> RequestSeconds:
    """Of no requests yet."""
    return defaultdict(lambda: Spread(SECONDS))


class Measuring:
    """ASGI middleware; an answer takes until its first byte, for a stream may have no end.

    Args:
        straight: paths that are answered before a route is looked for.
    """

    def __init__(self, app: ASGIApp, seconds: RequestSeconds, straight: set[str]) -> None:
        self._app = app
        self._seconds = seconds
        self._straight = straight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it once its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status, seconds = 500, None

        async def noted(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - start
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:  # counted while whoever asked has the answer already
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            spread = self._seconds[method, self._route(scope), str(status)]
            spread.add(time.perf_counter() - start if seconds is None else seconds)

    def _route(self, scope: Scope) -> str:
        path: str = scope["path"]
        if path in self._straight:
            return path
        route = scope.get("route")
        return getattr(route, "path_format", None) or getattr(route, "path", None) or _OTHER
