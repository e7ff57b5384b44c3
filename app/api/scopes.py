"""What each request needs a key for. What is not listed here needs one for everything."""

import re
from typing import NamedTuple

from app.domain.keys import Scope

_STUDY = "/studies/(?P<study>[^/]+)"


class Need(NamedTuple):
    """What a request needs.

    Args:
        scope: None where anyone may ask.
        study: that the path names.
        of_all: whether the answer is about all studies, and no key that is bound to some is for that.
    """

    scope: Scope | None
    study: str | None = None
    of_all: bool = False


class _Rule(NamedTuple):
    methods: frozenset[str]
    path: re.Pattern[str]
    scope: Scope | None
    of_all: bool = False

    @classmethod
    def of(cls, methods: str, path: str, scope: Scope | None, *, of_all: bool = False) -> "_Rule":
        return cls(frozenset(methods.split()), re.compile(path), scope, of_all)


# The first that fits. The page and the documentation are the program's own files, the same everywhere; the page asks
# for a key.
_RULES = (
    _Rule.of("GET HEAD", "/|/page/.*|/docs|/docs/oauth2-redirect|/redoc|/openapi.json|/static-offline-docs/.*", None),
    _Rule.of("GET HEAD", "(/v2)?/health/(live|ready)", None),
    _Rule.of("GET HEAD", "/metrics", Scope.READ, of_all=True),
    _Rule.of("GET HEAD", f"/version|/encoders|/spaces(/[^/]+)?|/studies|{_STUDY}(/.*)?", Scope.READ),
    # Suggestions that are not reserved are a mere look, which the page takes: the body tells (`access.check_body`).
    _Rule.of("POST", "/predict|/suggest|/spaces/[^/]+/graphs", Scope.READ),
    _Rule.of("POST", "/observe", Scope.WRITE),
    _Rule.of("PUT", _STUDY, Scope.WRITE),
    _Rule.of("POST", f"{_STUDY}/(metrics|corrections|observations/[^/]+/restore)", Scope.WRITE),
    _Rule.of("PATCH DELETE", f"{_STUDY}/(observations|suggestions)/[^/]+", Scope.WRITE),
)


def needed(method: str, path: str) -> Need:
    """What a request needs, by its method and its path."""
    for rule in _RULES:
        if method in rule.methods and (found := rule.path.fullmatch(path)):
            return Need(rule.scope, found.groupdict().get("study"), rule.of_all)
    found = re.match(_STUDY, path)
    return Need(Scope.ADMIN, found["study"] if found else None, of_all=found is None)
