"""Errors as `application/problem+json` (RFC 9457): one table from the domain's errors to HTTP."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emprox_client.schemas import ItemError, Problem
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from app.api.asking import asked
from app.domain import errors

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = "1"
_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem.

    Args:
        example: a detail, for the documentation.
    """

    status: int
    type: str
    title: str
    example: str


_NOT_JSON = Kind(400, "not_json", "Not JSON", "the body is not JSON: Expecting value at character 14")
INVALID = Kind(422, "invalid_request", "Invalid request", "candidates: List should have at least 1 item, not 0")
TOO_LARGE = Kind(413, "too_large", "Body too large", "the body is larger than 8000000 bytes: send smaller batches")
UNSUPPORTED = Kind(
    415, "unsupported_media_type", "Unsupported media type", "the body is 'text/plain': send application/json"
)
NOT_HTTP = Kind(400, "not_http", "Not HTTP", "Invalid HTTP request received.")
TOO_SLOW = Kind(408, "too_slow", "Too slow", "the body took longer than 60 s: send smaller batches")
HEAD_TOO_LARGE = Kind(431, "head_too_large", "Headers too large", "the headers have more than 65536 bytes: send fewer")
WRONG_HOST = Kind(
    421,
    "wrong_host",
    "Another server's name",
    "this server is not called 'example.org': EMPROX_ALLOWED_HOSTS names what it is called",
)
TOO_MANY_CONNECTIONS = Kind(
    503,
    "too_many_connections",
    "Too many connections",
    "1000 connections are open already: try again in a moment, and keep one open",
)
_INTERNAL = Kind(500, "internal_error", "Internal error", "an error that the server's log describes")

KINDS: Mapping[type[errors.EmproxError], Kind] = {
    errors.InvalidArchitectureError: Kind(
        422,
        "invalid_architecture",
        "Invalid architecture",
        "operation 'conv_5x5' of edge 0->1 is not one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3",
    ),
    errors.InvalidProxiesError: Kind(
        422,
        "invalid_proxies",
        "Invalid proxies",
        "proxies are missing: params. Study 'default' declares them: send all with each architecture",
    ),
    errors.InvalidSpaceError: Kind(
        422,
        "invalid_space",
        "Invalid search space",
        "the declaration has neither max_vertices nor a skeleton: give one of them",
    ),
    errors.InvalidStudyError: Kind(
        422, "invalid_study", "Invalid study", "metric names must differ: val_accuracy, val_accuracy"
    ),
    errors.InvalidObservationsError: Kind(
        422, "invalid_observations", "Invalid observations", "1 of 8 observations are invalid, and none was stored"
    ),
    errors.InvalidCorrectionsError: Kind(
        422,
        "invalid_corrections",
        "Invalid corrections",
        "study 'default' has no metric 'loss': it records val_accuracy",
    ),
    errors.ObservationNotFoundError: Kind(
        404,
        "observation_not_found",
        "Observation not found",
        "study 'default' has no observation '4b7c1f0e-8d67-4f0e-9f4e-0d2d1c1f7a55'",
    ),
    errors.SuggestionNotFoundError: Kind(
        404,
        "suggestion_not_found",
        "Suggestion not found",
        "there is no suggestion '2f1f9a0e-6a58-4b7e-b0a5-0b1c7d5b9a11': it was given back, or never made",
    ),
    errors.SuggestionExpiredError: Kind(
        410,
        "suggestion_expired",
        "Suggestion expired",
        "suggestion '2f1f9a0e-6a58-4b7e-b0a5-0b1c7d5b9a11' expired at 2026-11-24 08:00:00 UTC",
    ),
    errors.UnknownStudyError: Kind(
        404, "unknown_study", "Unknown study", "there is no study 'nightly': declare it with PUT /studies/{name}"
    ),
    errors.UnknownSpaceError: Kind(
        422,
        "unknown_space",
        "Unknown search space",
        "search space 'nasbench202' is not known: the spaces are nasbench201",
    ),
    errors.UnknownEncoderError: Kind(
        422, "unknown_encoder", "Unknown encoder", "there is no encoder 'nasbench201/9': there is nasbench201/1"
    ),
    errors.SwitchUnderWayError: Kind(
        409,
        "switch_under_way",
        "Switch under way",
        "study 'default' is being switched to nasbench201/2: wait until it is",
    ),
    errors.UnknownMetricError: Kind(
        422,
        "unknown_metric",
        "Unknown metric",
        "study 'default' has no metric 'test_accuracy': it records val_accuracy",
    ),
    errors.SpaceNotFoundError: Kind(
        404,
        "space_not_found",
        "Search space not found",
        "there is no search space 'blocks': declare it with PUT /spaces/{name}",
    ),
    errors.SpaceConflictError: Kind(
        409,
        "space_conflict",
        "Search space declared otherwise",
        "search space 'nasbench201' comes with this program: declare yours under another name",
    ),
    errors.CheckpointError: Kind(
        409,
        "encoder_conflict",
        "Encoder does not fit",
        "the encoder in models/blocks/1 was trained for another vocabulary: train a new version",
    ),
    errors.StudyConflictError: Kind(
        409, "study_conflict", "Study declared otherwise", "study 'default' is declared with other metrics"
    ),
    errors.ObservationConflictError: Kind(
        409, "observation_conflict", "Observation id taken", "1 observation id is taken by another content"
    ),
    errors.NoObservationsError: Kind(
        409,
        "no_observations",
        "No observations",
        "study 'default' has no observation of val_accuracy yet: POST /observe some trained architectures first",
    ),
    errors.RevisionNotReachedError: Kind(
        503, "revision_not_reached", "Revision not reached", "study 'default' is at revision 128, not yet at 130"
    ),
    errors.UnauthorizedError: Kind(
        401, "unauthorized", "No key", "this needs a key: send it as 'Authorization: Bearer KEY'"
    ),
    errors.ForbiddenError: Kind(
        403,
        "forbidden",
        "Not for this key",
        "key 3f9a0c27d1 is for scope 'read', and this needs 'write': ask who runs the server for another one",
    ),
    errors.TooManyAttemptsError: Kind(
        429,
        "too_many_attempts",
        "Too many attempts",
        "too many wrong keys come at the same time: try again in a moment",
    ),
    errors.NotReadyError: Kind(503, "not_ready", "Not ready", "the studies are being loaded: try again in a moment"),
    errors.OverloadedError: Kind(503, "overloaded", "Overloaded", "64 requests wait already: try again in a moment"),
    errors.StoreError: Kind(503, "store_unavailable", "Store unavailable", "the observations could not be written"),
    errors.UncertainStoreError: Kind(
        504,
        "outcome_unknown",
        "Outcome unknown",
        "the database was lost while it wrote, and may have done it: send the same again, with its observation_id",
    ),
}


def problem(kind: Kind, detail: str, items: Sequence[ItemError] = ()) -> Response:
    """The response for a problem."""
    body = Problem(type=kind.type, title=kind.title, status=kind.status, detail=detail, errors=list(items) or None)
    headers = {"Retry-After": _RETRY_SECONDS} if kind.status in {429, 503} else None
    return Response(body.model_dump_json(exclude_none=True), kind.status, headers, MEDIA_TYPE)


def answer(scope: Scope, err: errors.EmproxError | HTTPException) -> Response:
    """The response for an error, which is noted."""
    return _http(scope, err) if isinstance(err, HTTPException) else _domain(scope, err)


def documented(*kinds: Kind | type[errors.EmproxError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can end in these problems, for the OpenAPI document."""
    responses: dict[int | str, dict[str, Any]] = {}
    if errors.StoreError in kinds:
        kinds = (*kinds, errors.UncertainStoreError)
    for entry in kinds:
        kind = entry if isinstance(entry, Kind) else KINDS[entry]
        response = responses.setdefault(
            kind.status, {"model": Problem, "description": kind.title, "content": {MEDIA_TYPE: {"examples": {}}}}
        )
        example = Problem(type=kind.type, title=kind.title, status=kind.status, detail=kind.example)
        response["content"][MEDIA_TYPE]["examples"][kind.type] = {"value": example.model_dump(exclude_none=True)}
    return responses


BODY_PROBLEMS = (_NOT_JSON, TOO_LARGE, UNSUPPORTED, INVALID)
KEY_PROBLEMS = (errors.UnauthorizedError, errors.ForbiddenError, errors.TooManyAttemptsError)
BUSY_PROBLEMS = (errors.NotReadyError, errors.OverloadedError)


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""
    app.add_exception_handler(errors.EmproxError, _handler(_domain))
    app.add_exception_handler(RequestValidationError, _handler(_validation))
    app.add_exception_handler(HTTPException, _handler(_http))
    app.add_exception_handler(Exception, _handler(_unexpected))
    describe = app.openapi
    app.openapi = lambda: _as_problems(describe())  # type: ignore[method-assign]


def _handler(answered: Callable[[Scope, Exception], Response]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, err: Exception) -> Response:  # Starlette would send a plain function to a thread
        return answered(request.scope, err)

    return handle


def _as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with the schema of problems under their own media type; FastAPI knows that of answers."""
    for operation in (each for methods in document["paths"].values() for each in methods.values()):
        for response in operation["responses"].values():
            if MEDIA_TYPE in response.get("content", {}):
                response["content"][MEDIA_TYPE] |= response["content"].pop("application/json", {})
    return document


def _domain(scope: Scope, err: Exception) -> Response:
    kind = next((KINDS[cls] for cls in type(err).__mro__ if cls in KINDS), _INTERNAL)
    if not isinstance(err, errors.IndexedError):
        return _noted(scope, kind, str(err))
    items = [ItemError(index=index, detail=detail) for index, detail in sorted(err.errors.items())]
    return _noted(scope, kind, str(err), items[:_MAX_ERRORS])


def _validation(scope: Scope, err: Exception) -> Response:
    assert isinstance(err, RequestValidationError)  # noqa: S101  # what it is registered for
    found = err.errors()
    kind = found[0]["type"]
    if found[0]["loc"] == ("body",) and kind in {"missing", "model_attributes_type", "dict_type", "model_type"}:
        empty = kind == "missing"
        return _noted(
            scope,
            _NOT_JSON if empty else INVALID,
            f"the body is {'empty' if empty else 'no object'}: send a JSON object",
        )
    items = [_item(each) for each in found[:_MAX_ERRORS]]
    detail = f"{items[0].field}: {items[0].detail}" if items[0].field else items[0].detail
    return _noted(scope, INVALID, detail, items)


def _noted(scope: Scope, kind: Kind, detail: str, items: Sequence[ItemError] = ()) -> Response:
    first = f": {items[0].detail}" if items and items[0].index is not None else ""
    asked(scope).problem = (kind.status, kind.type, detail + first)
    return problem(kind, detail, items)


def _item(error: Mapping[str, Any]) -> ItemError:
    path = [str(part) for part in error["loc"] if part not in {"body", "path", "query"}]
    value = error.get("input")
    shown = f" (it is {_short(value)})" if isinstance(value, str | int | float) else ""
    return ItemError(field=".".join(path)[:200] or None, detail=f"{error['msg']}{shown}")


def _short(value: object) -> str:
    text = ascii(value[:60]) if isinstance(value, str) else ascii(value)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _http(scope: Scope, err: Exception) -> Response:
    assert isinstance(err, HTTPException)  # noqa: S101  # what it is registered for
    kinds = {400: _NOT_JSON, 403: KINDS[errors.ForbiddenError], 413: TOO_LARGE, 415: UNSUPPORTED}
    kind = kinds.get(err.status_code, Kind(err.status_code, "about:blank", err.detail, ""))
    response = _noted(scope, kind, err.detail)
    response.headers.update(err.headers or {})
    return response


def _unexpected(scope: Scope, err: Exception) -> Response:
    _log.exception("request failed path=%s", scope["path"], exc_info=err)
    return _noted(scope, _INTERNAL, "the server failed to answer; its log says why")
