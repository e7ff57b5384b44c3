"""What an HTTP response, or the lack of one, means."""

from __future__ import annotations

import re
import ssl
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
from pydantic import BaseModel, ValidationError

from emprox_client.call import Call, Outcome, parsed
from emprox_client.errors import (
    BusyError,
    ConnectionLostError,
    EmProxError,
    InvalidRequestError,
    NotEmProxError,
    OldServerError,
    UnauthorizedError,
    UnreachableError,
)
from emprox_client.problems import class_of
from emprox_client.schemas import (
    Bounds,
    ItemError,
    Metric,
    Observation,
    ObserveRequest,
    PredictRequest,
    Problem,
    Renewal,
    StudyDeclaration,
    SuggestRequest,
    Version,
)
from emprox_client.version import VERSION

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

VERSION_CALL = Call("GET", "/version")

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# What is sent to a path, by its last part or its first; and what the fields of it hold.
_SENT: dict[str, type[BaseModel]] = {
    "predict": PredictRequest,
    "observe": ObserveRequest,
    "suggest": SuggestRequest,
    "suggestions": Renewal,
    "studies": StudyDeclaration,
}
_INSIDE: dict[str, type[BaseModel]] = {"observations": Observation, "metrics": Metric, "constraints": Bounds}
_ITEM = re.compile(r"^(candidates|observations|proxies)\.(\d+)")


def body(call: Call, response: httpx.Response) -> bytes:
    """The body of an answer.

    Raises:
        EmProxError: it is an error.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/problem+json":
        raise _problem(call, response)
    if response.is_success and (media_type == "application/json" or response.status_code == 204):
        return response.content
    raise _foreign(response, media_type)


def transport_error(url: httpx.URL, err: httpx.RequestError) -> EmProxError:
    """The error of a request that got no answer."""
    why = f": {err}" if str(err) else ""
    if _is_about_tls(err):
        return NotEmProxError(
            f"no encrypted connection to {url}{why}. Does the server take http:// alone, or is its certificate not "
            "trusted here (argument `url`, or EMPROX_URL)?"
        )
    if isinstance(err, _NOT_SENT):
        return UnreachableError(
            f"no server answers at {url}{why}. Is it running, and is this its URL (argument `url`, or EMPROX_URL)?"
        )
    if isinstance(err, httpx.TimeoutException):
        return ConnectionLostError(f"{url} did not answer in time: see the argument `timeout`")
    return ConnectionLostError(f"the connection to {url} broke before an answer came{why}")


def _is_about_tls(err: httpx.RequestError) -> bool:
    """Whether the two do not come to terms; a connection that breaks meanwhile is a server that is away."""
    cause: BaseException | None = err if isinstance(err, httpx.ConnectError) else None
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


def is_unknown_to_server(err: Outcome, call: Call) -> TypeGuard[EmProxError]:
    """Whether the server may be too old to know the route or a field that was sent."""
    if not isinstance(err, EmProxError):
        return False
    unknown_route = err.type == "about:blank" and err.status in {404, 405}
    return unknown_route or any(_is_new_field(call, each) for each in err.errors)


def explained(call: Call, url: httpx.URL, err: EmProxError, version: Outcome) -> EmProxError:
    """What it means that the server does not know the route or a field, by what it says to `GET /version`."""
    try:
        server = parsed(Version, version).server
    except EmProxError:
        return NotEmProxError(
            f"{url} answers, but not as EmProx Server does ({call.method} {call.path}: {err.detail}): "
            "is there a part of the path too much or too little in the URL (argument `url`, or EMPROX_URL)?",
            status=err.status,
        )
    unknown = f"the field {err.errors[0].field}" if err.errors else f"{call.method} {call.path}"
    return OldServerError(
        f"the server at {url}, version {server}, does not know {unknown}, which emprox-client {VERSION} asked for: "
        "upgrade the server, or do without",
        status=err.status,
        type=err.type,
        errors=err.errors,
    )


def _is_new_field(call: Call, item: ItemError) -> bool:
    """Whether the server does not take a field that this client knows there: others are the caller's own mistake."""
    if "Extra inputs are not permitted" not in item.detail:
        return False
    sent = next((model for part, model in _SENT.items() if part in call.path.split("/")), None)
    first, *inside = (item.field or "").split(".")
    last = inside[-1] if inside else first
    model = _INSIDE.get(first) if inside else sent
    return model is not None and last in model.model_fields


def _problem(call: Call, response: httpx.Response) -> EmProxError:
    try:
        problem = Problem.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        return _foreign(response, "an unreadable problem")
    detail, items = problem.detail, []
    for item in problem.errors or ():
        here = _in_whole_list(call, item)
        if item.field and here.field:
            detail = detail.replace(item.field, here.field)
        items.append(here)
    if call.items.start:
        detail = f"items {call.items.start} to {call.items.stop - 1}: {detail}"
    return class_of(problem.type, problem.status)(
        detail, status=problem.status, type=problem.type, errors=items, retry_after=_retry_after(response)
    )


def _in_whole_list(call: Call, item: ItemError) -> ItemError:
    """The error with the index that the item has in the list that the caller gave, not in its part."""
    if item.index is not None:
        return item.model_copy(update={"index": item.index + call.items.start})
    if found := _ITEM.match(item.field or ""):
        index = int(found[2]) + call.items.start
        rest = (item.field or "")[found.end() :]
        return item.model_copy(update={"index": index, "field": f"{found[1]}.{index}{rest}"})
    return item


def _foreign(response: httpx.Response, media_type: str) -> EmProxError:
    """The error of an answer that EmProx Server does not give: a proxy before it does, or something else is there."""
    status, url = response.status_code, response.url
    if status in {401, 403}:
        return UnauthorizedError(
            f"{url} takes no request without a right key ({status}): give `api_key`, or EMPROX_API_KEY", status=status
        )
    if status in {429, 502, 503, 504}:
        return BusyError(
            f"a proxy before the server answers {status} {response.reason_phrase}",
            status=status,
            retry_after=_retry_after(response),
        )
    if status == 413:
        return InvalidRequestError("a proxy before the server takes no body as large: send less at once", status=413)
    if response.is_redirect:
        where = response.headers.get("location", "somewhere else")
        return NotEmProxError(f"{url} sends on to {where}: give the URL where the server is", status=status)
    return NotEmProxError(
        f"{url} answers {status} {response.reason_phrase} with {media_type or 'no content type'}, which is no answer "
        "of EmProx Server: is it the right URL (argument `url`, or EMPROX_URL)?",
        status=status,
    )


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):  # none, or nonsense
        return None
    if at.tzinfo is None:  # "-0000", which says that nothing is known of the zone
        at = at.replace(tzinfo=timezone.utc)
    return max((at - datetime.now(timezone.utc)).total_seconds(), 0.0)
