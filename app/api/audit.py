"""Gives each request an id, and writes down who changed what."""

import logging
import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access import address, key_of
from app.logs import REQUEST_ID

_log = logging.getLogger("emprox.audit")

HEADER = "X-Request-ID"
_HEADER = HEADER.lower().encode()
_RIGHT = re.compile(rb"[\w.:-]{1,64}")
_CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
# They change nothing; or, as suggestions, what they leave in the database tells by itself who asked, and when.
_NOT_NOTED = re.compile("/predict|/suggest|/spaces/[^/]+/graphs")
_OF_KEYS = "/observe"  # without keys, the database itself tells all that is known of who sent what


class Auditing:
    """ASGI middleware. A request keeps an id that it comes with: 1 to 64 letters, digits and `_ . : -`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its answer has the id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or secrets.token_hex(8).encode()
        REQUEST_ID.set(request_id.decode())

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_HEADER, request_id)]
                if message["status"] < 300 and _changes(scope):
                    _note(scope, message["status"])
            await send(message)

        await self._app(scope, receive, named)


def _given(scope: Scope) -> bytes | None:
    given: bytes | None = next((value for name, value in scope["headers"] if name == _HEADER), None)
    return given if given is not None and _RIGHT.fullmatch(given) else None


def _changes(scope: Scope) -> bool:
    """Whether a request that was answered well is one to write down."""
    path = scope["path"]
    if scope["method"] not in _CHANGES or (path == _OF_KEYS and key_of(scope) is None):
        return False
    return not _NOT_NOTED.fullmatch(path)


def _note(scope: Scope, status: int) -> None:
    key = key_of(scope)
    _log.info(
        "changed method=%s path=%s status=%d key=%s name=%s address=%s",
        scope["method"],
        ascii(scope["path"][:200])[1:-1],
        status,
        key.key_id if key else None,
        ascii(key.name)[1:-1] if key else None,
        address(scope),
    )
