"""`/predict` and `/observe` at once, at a fixed rate that is half of what the server can do: how slow is slow?"""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from benchmarks.server import running
from benchmarks.serving.filled import copied
from benchmarks.serving.generator import Request, generate
from benchmarks.serving.notations import Notation, notations
from benchmarks.serving.options import Measured, Options
from benchmarks.serving.requests import observe_bodies, predict_bodies

OBSERVED = 10_000
CONNECTIONS = 32
SHARE = 10  # of so many requests, one observes
LOAD = 0.5  # of the rate that 32 clients reach who ask again as soon as they are answered
_PROBE = 1_000  # requests
_HEADER = "| requests | median, ms | 99 %, ms | 99.9 %, ms | 99 % / median |\n| --- |" + " ---: |" * 4


def measure(options: Options) -> Measured:
    """On a copy of a study of 10,000, for it grows."""
    predicts, observes, rates = [], [], []
    for _ in range(options.rounds):
        drawn = islice(notations(options.space), OBSERVED, None)
        with copied(options.folder, options.space, OBSERVED) as data, running(str(data)) as (port, _, _):
            generate(port, _mixed(drawn, _PROBE // 10), CONNECTIONS)
            rate = LOAD * _PROBE / generate(port, _mixed(drawn, _PROBE), CONNECTIONS).seconds
            requests = _mixed(drawn, max(_PROBE, int(rate * 4 * options.seconds)))
            found = np.array(generate(port, requests, CONNECTIONS, rate).milliseconds)
        is_observe = np.arange(len(found)) % SHARE == SHARE - 1
        predicts.append(found[~is_observe])
        observes.append(found[is_observe])
        rates.append(rate)
    ratio = _over_median(predicts)
    lines = [_line("`/predict`, one fresh candidate", predicts), _line("`/observe`, one observation", observes)]
    told = (
        f"\n{OBSERVED:,} observations; {CONNECTIONS} connections; one request of {SHARE} observes; due at a fixed "
        f"rate, {np.median(rates):,.0f}/s, half of what as many clients reach who do not wait. "
        "Counted from when each was due."
    )
    return Measured("\n".join([_HEADER, *lines, told]), {"mixed tail": ratio})


def _mixed(drawn: Iterator[Notation], n: int) -> list[Request]:
    observed = iter(observe_bodies(drawn, n // SHARE, 1))
    predicted = iter(predict_bodies(drawn, n - n // SHARE, 1))
    return [("/observe", next(observed)) if i % SHARE == SHARE - 1 else ("/predict", next(predicted)) for i in range(n)]


def _over_median(rounds: list[np.ndarray]) -> float:
    return float(np.median([np.quantile(each, 0.99) / np.median(each) for each in rounds]))


def _line(what: str, rounds: list[np.ndarray]) -> str:
    quantiles = np.median([np.quantile(each, (0.5, 0.99, 0.999)) for each in rounds], axis=0)
    return f"| {what} | {' | '.join(f'{each:.2f}' for each in quantiles)} | {_over_median(rounds):.1f} |"
