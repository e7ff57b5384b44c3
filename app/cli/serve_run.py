"""Runs the application in uvicorn until it is told to stop."""

import os
import resource
import socket
import sys
from contextlib import suppress
from functools import partial

import uvicorn
from fastapi import FastAPI

from app.api.connections import Connection

# Of every answer: no browser guesses what it is, says where it came from, or shows it to another site.
_HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
]
_OWN_FILES = 256  # database, caches, and what streams read
_GRACE_SECONDS = 5  # for requests under way at the end; Docker kills after 10
_NOT_STARTED = 3  # exit status, as uvicorn's own command has it
_UNSAFE = 4  # exit status: the disk failed to confirm a write


def run_server(application: FastAPI, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SystemExit: it could not start, or the disk failed to confirm a write.
    """
    _allow_files(application.state.connections.limit)
    # The log records changes of state; requests are too many.
    server = _Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            http=partial(Connection, application.state.connections),  # type: ignore[arg-type]  # makes one
            ws="none",
            # Only as uvicorn's own FORWARDED_ALLOW_IPS says: anybody on this machine could write another address.
            proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
            headers=_HEADERS,
        ),
        application,
    )
    with suppress(KeyboardInterrupt):  # uvicorn closes in order, and then gives the signal to Python
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)
    if application.state.service.unsafe:
        sys.exit(_UNSAFE)


def _allow_files(connections: int) -> None:
    """Let the process open as many files as it has connections, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, application: FastAPI) -> None:
        super().__init__(config)
        self._application = application

    async def on_tick(self, counter: int) -> bool:
        """Whether to end."""
        return await super().on_tick(counter) or self._application.state.service.unsafe

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close in order; what never ends by itself is not waited for."""
        self._application.state.service.end_streams()
        await super().shutdown(sockets)
