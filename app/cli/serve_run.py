"""Runs the application in uvicorn until it is told to stop."""

import socket
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

_GRACE_SECONDS = 5  # for requests under way at the end; Docker kills after 10
_NOT_STARTED = 3  # exit status, as uvicorn's own command has it


def run_server(application: FastAPI, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SystemExit: it could not start.
    """
    # The log records changes of state; requests are too many.
    server = _Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
        application,
    )
    with suppress(KeyboardInterrupt):  # uvicorn closes in order, and then gives the signal to Python
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, application: FastAPI) -> None:
        super().__init__(config)
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close in order; what never ends by itself is not waited for."""
        self._application.state.service.end_streams()
        await super().shutdown(sockets)
