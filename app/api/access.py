"""Lets in who has a key for what is asked, before anything else looks at a request."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.api.asking import asked
from app.api.scopes import Need, needed
from app.domain.errors import EmproxError, ForbiddenError, TooManyAttemptsError, UnauthorizedError
from app.domain.keys import Key, id_in
from app.domain.keys import Scope as KeyScope

_log = logging.getLogger(__name__)

MAX_SLOWED = 64  # wrong keys that are kept waiting; further ones are refused at once
_SLOWEST_SECONDS = 2.0
_FIRST_SECONDS = 0.1
_FORGOTTEN_SECONDS = 60
_MAX_CLIENTS = 1024  # whose wrong keys are counted
_KEY, _HOLDS = "emprox.key", "emprox.key_holds"


class Keys(Protocol):
    """The keys there are."""

    @property
    def required(self) -> bool:
        """Whether nothing goes without a key."""

    @property
    def keys(self) -> Mapping[str, Key]:
        """All that were ever made, by their id."""


class Access:
    """ASGI middleware; without keys everyone is let in.

    A wrong key is answered the later the more of them came from the same address, up to 2 seconds.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys
        self._wrong = _WrongKeys()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401, 403 or 429."""
        if scope["type"] == "http" and self._keys.required:
            need = needed(scope["method"], scope["path"])
            try:
                if need.scope is not None:
                    scope[_KEY] = key = await self._let_in(scope, need)
                    scope[_HOLDS] = partial(self._holds, key.key_id)
            except EmproxError as err:
                response = problems.answer(scope, err)
                if isinstance(err, UnauthorizedError):
                    response.headers["WWW-Authenticate"] = 'Bearer realm="emprox"'
                await response(scope, receive, send)
                return
        elif scope["type"] == "websocket":  # there are none; whoever adds one thinks of keys first
            return
        await self._app(scope, receive, send)

    def _holds(self, key_id: str) -> bool:
        key = self._keys.keys.get(key_id)
        return key is not None and key.is_valid(datetime.now(UTC))

    async def _let_in(self, scope: Scope, need: Need) -> Key:
        text = _bearer(scope)
        if text is None:
            raise UnauthorizedError("this needs a key: send it as 'Authorization: Bearer KEY'")
        now = datetime.now(UTC)
        key = self._keys.keys.get(id_in(text) or "")
        if key is None or not key.is_text(text):
            await self._wrong.slow(address(scope))
            raise UnauthorizedError("this is no key of this server: ask who runs it for one")
        if not key.is_valid(now):
            raise UnauthorizedError(f"key {key.key_id} {_ended(key)}: ask who runs the server for a new one")
        assert need.scope is not None  # noqa: S101  # or nobody would have asked for a key
        _check_scope(key, need.scope)
        if need.of_all and key.studies is not None:
            raise ForbiddenError(f"key {key.key_id} is bound to {_told(key)}, and this is about all studies")
        if need.study is not None:
            _check(key, need.study)
        return key


def check_body(scope: Scope, body: object) -> None:
    """Pass where the key of a request allows what its body asks for.

    Raises:
        ForbiddenError: it is bound to other studies than the one that the body names; or suggestions are to be
            reserved, which is no mere look.
    """
    key = key_of(scope)
    if key is None:
        return
    try:
        _check_body(scope, key, body)
    except ForbiddenError:
        asked(scope).looks = True  # it is no activity of a study that it has nothing to do with
        raise


def _check_body(scope: Scope, key: Key, body: object) -> None:
    if scope["path"] == "/suggest" and not (isinstance(body, dict) and body.get("reserve") is False):
        _check_scope(key, KeyScope.WRITE)
    if key.studies is None or needed(scope["method"], scope["path"]).study is not None:
        return
    study = body.get("study", "default") if isinstance(body, dict) else None
    if isinstance(study, str):  # what is none is refused for that
        _check(key, study)


def key_of(scope: Scope) -> Key | None:
    """The key that a request was let in by; None where it needed none."""
    found: Key | None = scope.get(_KEY)
    return found


def still_holds(scope: Scope) -> bool:
    """Whether the key of a request that takes long was neither revoked nor has expired since."""
    holds: Callable[[], bool] | None = scope.get(_HOLDS)
    return holds is None or holds()


def may_see(scope: Scope, study: str) -> bool:
    """Whether a study is shown to who asks."""
    key = key_of(scope)
    return key is None or key.allows(study)


def _check_scope(key: Key, wanted: KeyScope) -> None:
    if not key.scope.includes(wanted):
        raise ForbiddenError(
            f"key {key.key_id} is for scope {key.scope.value!r}, and this needs {wanted.value!r}: "
            "ask who runs the server for another one"
        )


def _check(key: Key, study: str) -> None:
    if not key.allows(study):
        raise ForbiddenError(f"key {key.key_id} is bound to {_told(key)}, not to {study[:64]!r}")


def _ended(key: Key) -> str:
    return f"was revoked at {key.revoked_at:%F %T} UTC" if key.revoked_at else f"expired at {key.expires_at:%F %T} UTC"


def _told(key: Key) -> str:
    return "study " + ", ".join(sorted(key.studies or ()))


def _bearer(scope: Scope) -> str | None:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given:
        return None
    scheme, _, text = given[0].decode("latin-1").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def address(scope: Scope) -> str:
    """Where a request came from, as a log can have it."""
    client = scope.get("client")
    try:
        return str(ip_address(client[0])) if client else "unknown"
    except ValueError:  # what a proxy passed on
        return "unknown"


class _WrongKeys:
    """How many wrong keys came from where, of late. Belongs to the event loop."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._slowed = 0

    async def slow(self, address: str) -> None:
        """Take note of one, and wait.

        Raises:
            TooManyAttemptsError: too many wait already.
        """
        n = self._count(address)
        _log.warning("wrong key address=%s attempts=%d", address, n)
        if self._slowed >= MAX_SLOWED:
            raise TooManyAttemptsError("too many wrong keys come at the same time: try again in a moment")
        self._slowed += 1
        try:
            await asyncio.sleep(min(_FIRST_SECONDS * 2 ** min(n - 1, 10), _SLOWEST_SECONDS))
        finally:
            self._slowed -= 1

    def _count(self, address: str) -> int:
        now = time.monotonic()
        n, last = self._counts.pop(address, (0, now))
        n = 1 if now - last > _FORGOTTEN_SECONDS else n + 1
        self._counts[address] = n, now
        while len(self._counts) > _MAX_CLIENTS:
            self._counts.popitem(last=False)
        return n
