"""The same estimates in LitServe and in BentoML, beside ours: how much is the framework's?"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.server import running, running_command
from benchmarks.serving.filled import copied
from benchmarks.serving.frameworks.function import DATA
from benchmarks.serving.generator import generate
from benchmarks.serving.notations import notations
from benchmarks.serving.options import MANY, Measured, Options
from benchmarks.serving.requests import predict_bodies
from benchmarks.serving.wrk import Load, load

OBSERVED = 500
_LARGE = 10  # requests for a thousand candidates
_AT_MOST = 6_000  # single candidates a second that bodies are made for
_COMMANDS = {
    "LitServe": (["-m", "benchmarks.serving.frameworks.litserve_server"], "/health/ready"),
    "BentoML": (
        ["-m", "bentoml", "serve", "benchmarks.serving.frameworks.bentoml_server:Estimates", "--port"],
        "/readyz",
    ),
}
_HEADER = (
    f"| {OBSERVED} observations | one fresh, 1 client, ms | 32 clients, candidates/s | 1,000 fresh, candidates/s |\n"
    "| --- | ---: | ---: | ---: |"
)


def measure(options: Options) -> Measured:
    """Each server with the same predictor in one process, in turns; those for which a Python was named."""
    pythons = {"LitServe": options.litserve, "BentoML": options.bentoml}
    found: dict[str, list[tuple[Load, Load, Load]]] = {}
    with ExitStack() as stack:
        data = stack.enter_context(copied(options.folder, options.space, OBSERVED))
        ports = {"EmProx Server": stack.enter_context(running(str(data)))[0]}
        for name, python in pythons.items():
            if python:
                ports[name] = stack.enter_context(_other(name, python, options))
        drawn = islice(notations(options.space), OBSERVED, None)
        for _ in range(options.rounds):
            for name, port in ports.items():
                found.setdefault(name, []).append(_round(port, drawn, options))
    lines = [_line(name, rounds) for name, rounds in found.items()]
    missing = [f"\n{name}: not measured, no Python that has it was named." for name in pythons if name not in ports]
    return Measured("\n".join([_HEADER, *lines, *missing]))


@contextmanager
def _other(name: str, python: str, options: Options) -> Iterator[int]:
    arguments, ready = _COMMANDS[name]
    root = str(Path(__file__).parents[2])
    with (
        copied(options.folder, options.space, OBSERVED) as data,
        running_command(
            [python, *arguments], ready, **{DATA: str(data), "PYTHONPATH": f"{root}:{root}/client"}
        ) as port,
    ):
        yield port


def _round(port: int, drawn: Iterator[dict[str, object]], options: Options) -> tuple[Load, Load, Load]:
    url = f"http://127.0.0.1:{port}/predict"
    one, crowd = (
        load(url, predict_bodies(drawn, int(_AT_MOST * options.seconds), 1), clients, options.seconds, again=False)
        for clients in (1, 32)
    )
    large = [("/predict", body) for body in predict_bodies(drawn, _LARGE, MANY)]
    return one, crowd, generate(port, large, 1).load()


def _line(name: str, rounds: list[tuple[Load, Load, Load]]) -> str:
    one, crowd, large = zip(*rounds, strict=True)
    single = np.median([each.median_ms for each in one])
    many, thousands = (np.median([each.per_second for each in runs]) for runs in (crowd, large))
    return f"| {name} | {single:.2f} | {many:,.0f} | {MANY * thousands:,.0f} |"
