"""Takes note of who asks for what, how long it takes and what fails, for those who look at a study."""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

from app.dashboard.activity import Activity, Asked, Kind

WORKER_HEADER = "EmProx-Worker"
LOOK_HEADER = "EmProx-Look"
DOCUMENTED = {
    "parameters": [
        {
            "name": WORKER_HEADER,
            "in": "header",
            "description": "Who asks, for `GET /studies/{name}/activity`: at most 200 printable characters, or it is "
            "ignored. Default the client's address.",
            "schema": {"type": "string", "maxLength": 200},
            "example": "gpu-7",
        },
        {
            "name": LOOK_HEADER,
            "in": "header",
            "description": "`1` where someone only looks, as on the page: it is no activity then.",
            "schema": {"type": "string", "enum": ["1"]},
        },
    ]
}

_KEY = "emprox.asked"
_HEADER = WORKER_HEADER.lower().encode()
_LOOK = (LOOK_HEADER.lower().encode(), b"1")
_MAX_WORKER, _MAX_ROUTE = 200, 100
_KINDS = {f"/{kind}": kind for kind in Kind}


class Asking:
    """ASGI middleware; reads are not noted, nor are the drawings of the page."""

    def __init__(self, app: ASGIApp, activity: Activity) -> None:
        self._app = app
        self._activity = activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and take note of it once it is answered."""
        if scope["type"] != "http" or _only_looks(scope):
            await self._app(scope, receive, send)
            return
        noted = scope[_KEY] = _asked(scope)
        start = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        except Exception:
            noted.problem = (500, "internal_error", "an error that the server's log describes")
            raise
        finally:
            self._activity.note(noted, time.time(), (time.perf_counter() - start) * 1000)


def asked(scope: Scope) -> Asked:
    """What is noted of a request; of one that is not noted, something that nobody reads."""
    found: Asked = scope.get(_KEY) or Asked("", None, None)
    return found


def read(scope: Scope, body: object) -> None:
    """Note which study a body is about, also one that turns out to be wrong."""
    noted = asked(scope)
    if noted.kind is not None and isinstance(body, dict):
        study = body.get("study", "default")
        noted.study = study if isinstance(study, str) else None


def _only_looks(scope: Scope) -> bool:
    path = scope["path"]
    return scope["method"] in {"GET", "HEAD", "OPTIONS"} or (path.startswith("/spaces/") and path.endswith("/graphs"))


def _asked(scope: Scope) -> Asked:
    path = scope["path"]
    found = Asked(f"{scope['method']} {path[:_MAX_ROUTE]}", _KINDS.get(path), _who(scope))
    found.looks = _LOOK in scope["headers"]
    if path.startswith("/studies/"):
        found.study = path.split("/", 3)[2]
    return found


def _who(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == _HEADER:
            worker: str = value.decode("utf-8", "replace")
            if 0 < len(worker) <= _MAX_WORKER and worker.isprintable() and "\ufffd" not in worker:
                return worker
    client = scope.get("client")
    return str(client[0]) if client else None
