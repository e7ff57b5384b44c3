"""Refuses requests under another name than the server's: a web page that has its name lead here could else read all.

"DNS rebinding": to a browser, such a page and the server are one origin, and a server without keys asks for no more.
"""

import re
from collections.abc import Callable, Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import WRONG_HOST, problem

_HEALTH = re.compile("(/v2)?/health/(live|ready)")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts:
    """ASGI middleware.

    Args:
        allowed: names without ports, looked at for each request; None for all.
    """

    def __init__(self, app: ASGIApp, allowed: Callable[[], Collection[str] | None]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 421."""
        allowed = self._allowed() if scope["type"] == "http" else None
        # Probes ask by the address that they find it at.
        if allowed is not None and (host := _host(scope)) not in allowed and not _HEALTH.fullmatch(scope["path"]):
            told = f"this server is not called {host[:80]!r}: EMPROX_ALLOWED_HOSTS names what it is called"
            await problem(WRONG_HOST, told)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _host(scope: Scope) -> str:
    """The name that a request is sent to, without the port and in small letters."""
    return without_port(next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1"))


def without_port(host: str) -> str:
    """A name as it is compared: small letters, no port, no brackets."""
    host = host.strip().lower()
    if host.startswith("["):  # an IPv6 address
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
