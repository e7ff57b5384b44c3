"""A `PredictResponse` as JSON, from columns: objects for a thousand candidates take longer than their estimates."""

from collections.abc import Mapping, Sequence
from typing import Any

from emprox_client.schemas import PredictRequest
from pydantic_core import to_json

from app.api.problems import KINDS
from app.domain.prediction import Neighbor, Observed
from app.predictor.predicted import Predicted
from app.predictor.requests import PredictionAnswer
from app.proximity.kernel import FloatArray

_ESTIMATE = b'%s:{"score":%%s,"std":%%s,"lower":%%s,"upper":%%s}'
_PREDICTION = b'{"architecture_id":%%s,"novelty":%%s,"observed":%%s,"metrics":{%s},"neighbors":%%s,"failures":%%d}'


def written(request: PredictRequest, answer: PredictionAnswer) -> bytes:
    """The answer's JSON."""
    head = {
        "study": request.study,
        "revision": answer.revision,
        "encoder": answer.encoder,
        "weighting": request.weighting,
        "k": answer.k,
        **({"fidelity": dict(answer.levels)} if answer.levels else {}),
    }
    predictions = _predictions(answer.predicted)
    if answer.errors:
        wrong = {
            i: to_json({"error": {"type": KINDS[type(error)].type, "detail": str(error)}})
            for i, error in answer.errors.items()
        }
        predictions = answer.in_order(predictions, wrong)
    return b'%s,"predictions":[%s]}' % (to_json(head)[:-1], b",".join(predictions))


def _predictions(predicted: Predicted) -> list[bytes]:
    n = len(predicted)
    if not n:
        return []
    estimates = b",".join(_ESTIMATE % to_json(name) for name in predicted.metrics)
    columns: list[Sequence[bytes | int]] = [
        _each(to_json(predicted.ids)),
        _numbers(predicted.novelty),
        [_observed(each) if each else b"null" for each in predicted.observed],
    ]
    for found in predicted.metrics.values():
        columns += map(_numbers, (found.score, found.std, found.lower, found.upper))
    columns += [
        [to_json([_neighbor(each) for each in row]) for row in predicted.neighbors] or [b"[]"] * n,
        predicted.failures,
    ]
    template = _PREDICTION % estimates
    return [template % row for row in zip(*columns, strict=True)]


def _numbers(column: FloatArray) -> list[bytes]:
    return _each(to_json(column.tolist(), inf_nan_mode="null"))


def _each(array: bytes) -> list[bytes]:
    """The values of an array of numbers or ids, which hold no comma, as they are written."""
    return array[1:-1].split(b",")


def _observed(observed: Mapping[str, Observed]) -> bytes:
    return to_json({name: {"mean": seen.mean, "n": seen.n, "std": seen.std} for name, seen in observed.items()})


def _neighbor(neighbor: Neighbor) -> dict[str, Any]:
    return {
        "architecture_id": neighbor.architecture_id,
        "architecture": neighbor.notation,
        "distance": neighbor.distance,
        "weight": neighbor.weight,
        "value": dict(neighbor.values),
    }
