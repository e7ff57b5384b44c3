"""Bodies of requests to the study that is measured."""

import json
from collections.abc import Iterator
from itertools import islice

import numpy as np

from benchmarks.serving.filled import METRIC, NAME
from benchmarks.serving.notations import Notation, made_up_value


def predict_bodies(drawn: Iterator[Notation], n: int, n_candidates: int) -> list[str]:
    """Bodies of `/predict`, each with the next candidates."""
    return [_json({"study": NAME, "candidates": _next(drawn, n_candidates)}) for _ in range(n)]


def observe_bodies(drawn: Iterator[Notation], n: int, n_observations: int) -> list[str]:
    """Bodies of `/observe`, each with the next architectures."""
    rng = np.random.default_rng(1)
    return [
        _json(
            {
                "study": NAME,
                "observations": [
                    {"architecture": each, "metrics": {METRIC: made_up_value(each, rng)}}
                    for each in _next(drawn, n_observations)
                ],
            }
        )
        for _ in range(n)
    ]


def _next(drawn: Iterator[Notation], n: int) -> list[Notation]:
    found = list(islice(drawn, n))
    if len(found) < n:
        raise SystemExit("the search space has no further notation: measure for fewer seconds, or in another space")
    return found


def _json(body: object) -> str:
    return json.dumps(body, separators=(",", ":"))
