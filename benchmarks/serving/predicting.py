"""`/predict` beside the floor: fresh and repeated candidates, alone and by the thousand, from few clients and many."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from benchmarks.server import running, running_application
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import filled
from benchmarks.serving.generator import generate
from benchmarks.serving.notations import Notation, notations
from benchmarks.serving.options import MANY, Measured, Options
from benchmarks.serving.requests import predict_bodies
from benchmarks.serving.wrk import Load, load

_AT_MOST = 6_000  # single candidates a second that fresh bodies are made for
_LARGE = 10  # requests for a thousand candidates, and of 8 clients and more two each
_REPEATED = {1: 64, MANY: 4}  # bodies; few enough candidates for the server to remember
_HEADER = (
    "| observations | candidates | clients | fresh, ms | repeated, ms | floor, ms | fresh / floor | repeated / floor "
    "| fresh 99 % / median | fresh, candidates/s | repeated, candidates/s | floor, candidates/s | hello, requests/s |\n"
    f"|{' ---: |' * 13}"
)


@dataclass(slots=True)
class _Row:
    """One line of the table: a run of each round in each place."""

    n: int
    candidates: int
    clients: int
    fresh: list[Load] = field(default_factory=list)
    repeated: list[Load] = field(default_factory=list)
    floor: list[Load] = field(default_factory=list)
    hello: list[Load] = field(default_factory=list)


def measure(options: Options) -> Measured:
    """Everything at every size."""
    rows = [row for n in options.sizes for row in _at(n, options)]
    return Measured("\n".join([_HEADER, *map(_line, rows)]), _targets(rows))


def _at(n: int, options: Options) -> list[_Row]:
    rows = [_Row(n, candidates, clients) for candidates in (1, MANY) for clients in options.clients]
    data = filled(options.folder, options.space, n)
    with (
        running_application("benchmarks.serving.floor:echo") as (floor, _, _),
        running_application("benchmarks.serving.floor:hello") as (hello, _, _),
    ):
        for _ in range(options.rounds):
            # A new process remembers none of the candidates of the last round.
            with running(str(data)) as (port, _, _):
                drawn = islice(notations(options.space), n, None)  # the study holds the first n
                for row in rows:
                    _round(row, options, drawn, {"ours": port, "floor": floor, "hello": hello})
    return rows


def _round(row: _Row, options: Options, drawn: Iterator[Notation], ports: dict[str, int]) -> None:
    n = int(_AT_MOST * options.seconds) if row.candidates == 1 else max(_LARGE, 2 * row.clients)
    fresh = predict_bodies(drawn, n, row.candidates)
    repeated = predict_bodies(drawn, _REPEATED[row.candidates], row.candidates)
    _ask(ports["ours"], repeated)
    row.fresh.append(_run(row, ports["ours"], fresh, options.seconds, again=False))
    row.floor.append(_run(row, ports["floor"], fresh, options.seconds, again=True))
    row.repeated.append(_run(row, ports["ours"], repeated * (-(-n // len(repeated))), options.seconds, again=True))
    row.hello.append(
        load(f"http://127.0.0.1:{ports['hello']}/", repeated[:1], row.clients, options.seconds, again=True)
    )


def _run(row: _Row, port: int, bodies: list[str], seconds: float, *, again: bool) -> Load:
    if row.candidates == 1:
        return load(f"http://127.0.0.1:{port}/predict", bodies, row.clients, seconds, again=again)
    # A large request can take longer than any time that would be set: so many of them rather than so long.
    return generate(port, [("/predict", body) for body in bodies], row.clients).load()


def _ask(port: int, bodies: list[str]) -> None:
    with Connection(port) as connection:
        for body in bodies:
            _, answer = connection.post("/predict", body)
            if any("error" in each for each in answer.get("predictions", ())):
                raise SystemExit("the server refused a candidate")


def _line(row: _Row) -> str:
    figures = [
        f"{_median(row.fresh, 'median_ms'):.2f}",
        f"{_median(row.repeated, 'median_ms'):.2f}",
        f"{_median(row.floor, 'median_ms'):.2f}",
        f"{_ratio(row.fresh, row.floor, 'median_ms'):.2f}",
        f"{_ratio(row.repeated, row.floor, 'median_ms'):.2f}",
        f"{np.median([each.p99_ms / each.median_ms for each in row.fresh]):.1f}",
        *(f"{row.candidates * _median(runs, 'per_second'):,.0f}" for runs in (row.fresh, row.repeated, row.floor)),
        f"{_median(row.hello, 'per_second'):,.0f}",
    ]
    return f"| {row.n:,} | {row.candidates:,} | {row.clients} | {' | '.join(figures)} |"


def _targets(rows: list[_Row]) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        if (row.n, row.candidates, row.clients) == (10_000, 1, 1):
            found["single over floor"] = _ratio(row.fresh, row.floor, "median_ms")
        if (row.n, row.candidates, row.clients) == (10_000, 1, 32):
            found["throughput over floor"] = _ratio(row.fresh, row.floor, "per_second")
        if (row.candidates, row.clients) == (MANY, 1) and row.n in {500, 10_000}:
            found[f"fresh per second at {row.n}"] = MANY * _median(row.fresh, "per_second")
            found[f"repeated per second at {row.n}"] = MANY * _median(row.repeated, "per_second")
    return found


def _median(runs: list[Load], figure: str) -> float:
    return float(np.median([getattr(each, figure) for each in runs]))


def _ratio(ours: list[Load], floor: list[Load], figure: str) -> float:
    """Median of the ratios of each round: what slows a whole round down cancels."""
    return float(np.median([getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, floor, strict=True)]))
