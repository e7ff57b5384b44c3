"""The first requests, asked by the service itself before it is ready: what is done only once is not left to a client.

An interpreter that has run a function a few times runs it faster, and libraries make much of what they need when it is
first asked for.
"""

import json
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Message

from app.domain.architecture import Notation


async def rehearse(app: ASGIApp, samples: Sequence[tuple[str, Notation]]) -> None:
    """Ask for estimates, one after the other.

    Args:
        samples: studies, and what was trained in each.
    """
    for study, notation in samples:
        body = json.dumps({"study": study, "candidates": [notation]}, separators=(",", ":")).encode()
        await app(_scope(body), _receiving(body), _unheard)


def _scope(body: bytes) -> dict[str, Any]:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return {"type": "http", "method": "POST", "path": "/predict", "headers": headers}


def _receiving(body: bytes) -> Any:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _unheard(_message: Message) -> None:
    pass
