"""The paper's protocol: train on some architectures of a table, test on others, many times.

Franken, Singh & Vanschoren (PMLR 191, 2022), section 4: 121 to train, 100 to test, 20 trials.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.domain.errors import EmproxError
from app.evaluation.estimator import Estimator
from app.predictor.known_points import NewIndex
from app.predictor.ports import Encoder
from app.proximity.agreement import agreement
from app.proximity.kernel import FloatArray
from app.proximity.weighting import Weighting

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Protocol:
    """What one evaluation does.

    Args:
        train: architectures to learn from in each trial.
        test: architectures to estimate in each trial; None for all others.
        isomorphic_split: keep isomorphic architectures on one side, so that no test network was trained.
        k: neighbors to weigh; None for as many as pay.
    """

    train: int = 121
    test: int | None = 100
    trials: int = 20
    seed: int = 0
    weighting: Weighting = Weighting.KRIGING
    k: int | None = None
    isomorphic_split: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """Mean and standard deviation of a quantity over the trials."""

    mean: float
    std: float


def evaluate(
    architectures: Sequence[Architecture],
    values: FloatArray,
    encoder: Encoder,
    new_index: NewIndex,
    protocol: Protocol,
    progress: Callable[[int], None] = lambda _trial: None,
    proxies: FloatArray | None = None,
) -> dict[str, Measured]:
    """Run the protocol through the same model that the service answers with.

    Args:
        values: shape (n,): the metric of each architecture.
        progress: called after each trial with its number, from 1.
        proxies: shape (n, p), where there are some: see `app.domain.study.Study`.

    Returns:
        What `agreement` tells, `fit_seconds` (embed, index and scale the training set) and `query_ms` (embed and
        estimate, per candidate).

    Raises:
        EmproxError: the table holds too few architectures, or one value only.
    """
    if not np.ptp(values):
        raise EmproxError(f"all {len(values)} values are {values[0]:g}: there is nothing to rank")
    ids = [architecture.id for architecture in architectures]
    trials = []
    for trial in range(protocol.trials):
        rng = np.random.default_rng([protocol.seed, trial])
        train, test = split(ids, protocol, rng)
        estimator = Estimator(encoder, new_index, protocol.weighting, protocol.k)
        trials.append(_run(architectures, values, estimator, train, test, proxies))
        progress(trial + 1)
    return {
        name: Measured(float(np.mean(column)), float(np.std(column)))
        for name in trials[0]
        for column in [[result[name] for result in trials]]
    }


def split(ids: Sequence[str], protocol: Protocol, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Which rows a trial trains on and which it tests.

    Raises:
        EmproxError: there are too few rows.
    """
    order = rng.permutation(len(ids))
    train, rest = order[: protocol.train], order[protocol.train :]
    if protocol.isomorphic_split:
        trained = {ids[i] for i in train}
        rest = np.array([i for i in rest if ids[i] not in trained], dtype=np.int64)
    wanted = len(rest) if protocol.test is None else protocol.test
    if protocol.test == 1:
        raise EmproxError("1 architecture to test has no rank among others: ask for 2 or more")
    if len(train) < protocol.train or len(rest) < max(2, wanted):
        others = " that are not isomorphic to those" if protocol.isomorphic_split else ""
        raise EmproxError(
            f"{len(ids)} architectures are too few for {protocol.train} to train and {wanted} to test{others}: "
            "ask for fewer"
        )
    return train, rest[:wanted]


def _run(
    architectures: Sequence[Architecture],
    values: FloatArray,
    estimator: Estimator,
    train: IntArray,
    test: IntArray,
    proxies: FloatArray | None,
) -> dict[str, float]:
    known_of_train, known_of_test = (None, None) if proxies is None else (proxies[train], proxies[test])
    start = time.perf_counter()
    estimator.fit([architectures[i] for i in train], values[train], known_of_train)
    fitted = time.perf_counter()
    estimates = estimator.estimate([architectures[i] for i in test], known_of_test)
    done = time.perf_counter()
    return {
        **agreement(values[test], estimates.score, estimates.lower, estimates.upper),
        "fit_seconds": fitted - start,
        "query_ms": (done - fitted) * 1000 / len(test),
    }
