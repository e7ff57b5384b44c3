"""`POST /suggest` and what becomes of a suggestion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emprox_client.body import encoded
from emprox_client.call import Call, Plan, asking, parsed
from emprox_client.errors import EmProxError
from emprox_client.requests.names import named, path_of
from emprox_client.requests.predicting import Architecture, listed
from emprox_client.results.suggestions import Suggestions
from emprox_client.schemas import PendingSuggestion, SuggestResponse
from emprox_client.schemas.suggestion import StrategyName


def suggest(
    n: int = 1,
    *,
    study: str = "default",
    worker: str | None = None,
    candidates: Sequence[Architecture] | None = None,
    proxies: Sequence[Mapping[str, float]] | None = None,
    generate: int | None = None,
    strategy: StrategyName | None = None,
    metrics: Sequence[str] | None = None,
    constraints: Mapping[str, Mapping[str, float]] | None = None,
    expires_in_seconds: int | None = None,
    reserve: bool | None = None,
    seed: int | None = None,
) -> Plan[Suggestions]:
    """What to train next: never what was observed, or is suggested to another worker.

    With `worker`, asking again gives the same until it is observed, so that the request can always be repeated. Without
    it, each answer promises other architectures for a day; so it is repeated only where certainly nothing was promised,
    and an answer that gets lost is a `ConnectionLostError`.

        for suggestion in client.suggest(2, worker="gpu-7"):
            print(suggestion.architecture, suggestion.metrics)

    Args:
        n: how many; they are spread out.
        worker: the worker's own id.
        candidates: at most 2,000 to choose among; default fresh ones.
        proxies: of each candidate, for a study that declares proxies.
        generate: among how many fresh candidates to choose; default 2,000.
        strategy: "upper_confidence_bound" (the default), "expected_improvement" or "thompson_sampling".
        metrics: to improve; default all without a constraint.
        constraints: bounds that a metric should keep, such as {"latency_ms": {"at_most": 5}}.
        expires_in_seconds: after which it may be suggested to others; default a day.
        reserve: False for a look, which keeps nobody else from what it shows.
        seed: makes the answer of the same study repeatable.

    Raises:
        EmProxError: one of `emprox_client.errors`.
    """
    options = {
        "study": named(study),
        "n": n,
        "worker": worker,
        "candidates": None if candidates is None else listed("candidates", candidates),
        "proxies": None if proxies is None else listed("proxies", proxies),
        "generate": generate,
        "strategy": strategy,
        "metrics": metrics,
        "constraints": constraints,
        "expires_in_seconds": expires_in_seconds,
        "reserve": reserve,
        "seed": seed,
    }
    call = Call("POST", "/suggest", encoded(options), repeatable=worker is not None or reserve is False)
    return Plan([call], lambda outcomes: Suggestions(parsed(SuggestResponse, outcomes[0])))


def renew(
    suggestion_id: str, *, study: str = "default", expires_in_seconds: int | None = None
) -> Plan[PendingSuggestion]:
    """Keep a suggestion for longer: a day from now, or as long as is said.

    client.renew(suggestion.suggestion_id, expires_in_seconds=7 * 86_400)

    Raises:
        SuggestionNotFoundError, SuggestionExpiredError: it is not kept any more.
    """
    path = path_of("studies", study, "suggestions", suggestion_id)
    return asking(Call("PATCH", path, encoded({"expires_in_seconds": expires_in_seconds})), PendingSuggestion)


def give_back(suggestion_id: str, *, study: str = "default") -> Plan[None]:
    """Give back a suggestion that is not going to be trained: it may be suggested again.

    client.give_back(suggestion.suggestion_id)

    Raises:
        SuggestionNotFoundError, SuggestionExpiredError: it is not kept any more.
    """
    path = path_of("studies", study, "suggestions", suggestion_id)
    return Plan([Call("DELETE", path, repeatable=False)], _nothing)


def _nothing(outcomes: Sequence[object]) -> None:
    if isinstance(outcomes[0], EmProxError):
        raise outcomes[0]
