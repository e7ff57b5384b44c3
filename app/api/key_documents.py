"""What needs a key, in the OpenAPI document."""

from typing import Any

from fastapi import FastAPI

from app.api.problems import KEY_PROBLEMS, MEDIA_TYPE, documented
from app.api.scopes import needed

_SCHEME = {"type": "http", "scheme": "bearer", "description": "A key, where the server has any: see docs/keys.md."}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def install(app: FastAPI) -> None:
    """Say of every operation what key it needs, and how a request without one ends."""
    describe = app.openapi
    app.openapi = lambda: _with_keys(describe())  # type: ignore[method-assign]


def _with_keys(document: dict[str, Any]) -> dict[str, Any]:
    document["components"]["securitySchemes"] = {"key": _SCHEME}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scope = needed(method.upper(), path).scope
            if scope is None:
                operation["security"] = []
                continue
            operation["security"] = [{"key": [scope.value]}]
            operation["responses"] |= _refusals()
    return document


def _refusals() -> dict[str, Any]:
    found = {}
    for status, response in documented(*KEY_PROBLEMS).items():
        content = {"schema": _PROBLEM, **response["content"][MEDIA_TYPE]}
        found[str(status)] = {"description": response["description"], "content": {MEDIA_TYPE: content}}
    return found
