"""`POST /predict`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from emprox_client.body import encoded_in_parts
from emprox_client.call import Call, Outcome, Plan, one_for_each, parsed
from emprox_client.errors import InvalidRequestError
from emprox_client.requests.names import named
from emprox_client.results.predictions import Predictions
from emprox_client.schemas import PredictResponse
from emprox_client.schemas.fields import WeightingName

Architecture = Union[str, Mapping[str, Any]]


def predict(
    candidates: Sequence[Architecture],
    *,
    study: str = "default",
    metrics: Sequence[str] | None = None,
    proxies: Sequence[Mapping[str, float]] | None = None,
    k: int | None = None,
    weighting: WeightingName | None = None,
    neighbors: int | None = None,
    min_revision: int | None = None,
) -> Plan[Predictions]:
    """Estimate candidates from the study's nearest trained architectures.

    One bad candidate does not fail the others: a `CandidateError` stands in its place. More than 1,000 are sent in
    parts, side by side, and answered in their order.

        predictions = client.predict(["|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"])
        predictions[0].metrics["val_accuracy"].score

    Args:
        candidates: architectures in a notation of the study's search space.
        metrics: to estimate; default all that the study records.
        proxies: of each candidate, for a study that declares proxies.
        k: neighbors to weigh; default as many as pay.
        weighting: "kriging" (the default), "inverse_distance" or "uniform".
        neighbors: how many to explain each estimate with; default 0.
        min_revision: wait until the study has this revision.

    Raises:
        NoObservationsError: nothing was observed yet that an estimate could rest on.
        EmProxError: another of `emprox_client.errors`.
    """
    given = listed("candidates", candidates)
    options = {
        "study": named(study),
        "metrics": metrics,
        "k": k,
        "weighting": weighting,
        "neighbors": neighbors,
        "min_revision": min_revision,
    }
    lists: dict[str, Sequence[object]] = {"candidates": given}
    if proxies is not None:
        lists["proxies"] = listed("proxies", proxies)
    calls = [Call("POST", "/predict", body, items=items) for items, body in encoded_in_parts(options, lists)]
    return Plan(calls, lambda outcomes: Predictions(given, list(map(_answered, calls, outcomes))))


def _answered(call: Call, outcome: Outcome) -> PredictResponse:
    answer = parsed(PredictResponse, outcome)
    one_for_each(call, "predictions", answer.predictions)
    return answer


def listed(name: str, values: Sequence[Any]) -> list[Any]:
    """The values as a list.

    Raises:
        InvalidRequestError: it is one value in the place of several, or nothing to go through.
    """
    if isinstance(values, (str, bytes, Mapping)):
        one = "proxy" if name == "proxies" else name[:-1]
        raise InvalidRequestError(f"{name} is a single one: give a list, [{one}]")
    if not isinstance(values, Iterable):
        raise InvalidRequestError(f"{name} is {values!r}: give a list")
    return list(values)
