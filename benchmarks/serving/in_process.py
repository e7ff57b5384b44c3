"""The same estimates without a server: the method, and what people would write themselves."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import numpy as np

from app.bootstrap import limit_threads, open_predictor
from app.predictor.requests import PredictionQuery
from app.settings import Settings
from app.spaces.registry import get_space
from app.spaces.space import SearchSpace
from benchmarks.baselines.baseline import Baseline
from benchmarks.baselines.classical import Classical, gaussian_process, k_nearest
from benchmarks.baselines.emprox_paper import EmproxPaper
from benchmarks.serving.filled import NAME, filled
from benchmarks.serving.notations import Notation, made_up_value, notations
from benchmarks.serving.options import MANY, Measured, Options

_AT_MOST = 10_000  # observations: a Gaussian process takes the third power of them
_SINGLES = 50
_HEADER = (
    "| observations | estimates by | learning, s | one fresh candidate, ms | 1,000 fresh, candidates/s |\n"
    "| ---: | --- | ---: | ---: | ---: |"
)
Estimator = Callable[[Sequence[Notation]], object]


def measure(options: Options) -> Measured:
    """One thread, from notations to estimates."""
    limit_threads()
    lines = [line for n in options.sizes if n <= _AT_MOST for line in _at(n, options)]
    told = "\nThe paper's encoder was trained for one epoch only, which its answers take no longer for than for fifty."
    return Measured("\n".join([_HEADER, *lines, told]))


def _at(n: int, options: Options) -> Iterator[str]:
    estimators: dict[str, Estimator] = {}
    seconds: dict[str, float] = {}
    space = get_space(options.space)
    drawn = notations(options.space)
    observed, rng = list(islice(drawn, n)), np.random.default_rng(0)
    values = np.array([made_up_value(each, rng) for each in observed])
    architectures = [space.parse(each) for each in observed]
    for what, baseline in _baselines(space).items():
        start = time.perf_counter()
        baseline.fit(architectures, values, seed=0)
        seconds[what] = time.perf_counter() - start
        estimators[what] = _estimator(space, baseline)
    with _ours(n, options) as ours:
        estimators = {"ours, the server's own `Predictor`": ours, **estimators}
        times = _times(estimators, drawn, options.rounds)
    for what, (single, many) in times.items():
        learning = f"{seconds[what]:.1f}" if what in seconds else ""
        yield f"| {n:,} | {what} | {learning} | {single:.2f} | {1000 * MANY / many:,.0f} |"


def _baselines(space: SearchSpace) -> dict[str, Baseline]:
    return {
        "the paper's encoder, 10 nearest": EmproxPaper(space, 10, epochs=1),
        "scikit-learn's KNeighborsRegressor": Classical(space, k_nearest),
        "scikit-learn's GaussianProcessRegressor": Classical(space, gaussian_process),
    }


def _estimator(space: SearchSpace, baseline: Baseline) -> Estimator:
    return lambda candidates: baseline.predict([space.parse(each) for each in candidates])


@contextmanager
def _ours(n: int, options: Options) -> Iterator[Estimator]:
    predictor = open_predictor(Settings(filled(options.folder, options.space, n)))
    predictor.load()
    try:
        with asyncio.Runner() as runner:
            yield lambda candidates: runner.run(predictor.predict(PredictionQuery(NAME, candidates)))
    finally:
        predictor.close()


def _times(estimators: dict[str, Estimator], drawn: Iterator[Notation], rounds: int) -> dict[str, tuple[float, float]]:
    """Milliseconds for one candidate and for a thousand, in turns."""
    singles: dict[str, list[float]] = {what: [] for what in estimators}
    many: dict[str, list[float]] = {what: [] for what in estimators}
    for _ in range(rounds):
        alone, together = list(islice(drawn, 1 + _SINGLES)), list(islice(drawn, MANY))
        for what, estimate in estimators.items():
            estimate(alone[:1])
            singles[what] += [_ms(estimate, [each]) for each in alone[1:]]
            many[what].append(_ms(estimate, together))
    return {what: (float(np.median(singles[what])), float(np.median(many[what]))) for what in estimators}


def _ms(estimate: Estimator, candidates: Sequence[Notation]) -> float:
    start = time.perf_counter()
    estimate(candidates)
    return 1000 * (time.perf_counter() - start)
