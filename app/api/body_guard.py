"""Refuses bodies that are too large or not declared as JSON, before anything reads them."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.asking import asked
from app.api.problems import TOO_LARGE, UNSUPPORTED, Kind, problem


class BodyGuard:
    """ASGI middleware; counts bytes as they come, since a chunked body announces no length.

    Args:
        limit: bytes of the largest body taken.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413 or 415."""
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH"}:
            await self._app(scope, receive, send)
            return
        refused = self._refused(dict(scope["headers"]))
        if refused:
            kind, detail = refused
            asked(scope).problem = (kind.status, kind.type, detail)
            await problem(kind, detail)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                # FastAPI turns what else is raised while it reads a body into a 400.
                raise HTTPException(TOO_LARGE.status, self._too_large())
            return message

        await self._app(scope, counted, send)

    def _refused(self, headers: dict[bytes, bytes]) -> tuple[Kind, str] | None:
        media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if media_type != b"application/json":
            told = media_type.decode("latin-1")[:80]
            return UNSUPPORTED, f"the body is {told!r}: send it with Content-Type: application/json"
        if encoding := headers.get(b"content-encoding"):
            return UNSUPPORTED, f"the body is encoded as {encoding.decode('latin-1')[:80]!r}: send it as it is"
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit:
            return TOO_LARGE, self._too_large()
        return None

    def _too_large(self) -> str:
        return f"the body is larger than {self._limit} bytes: send smaller batches"
