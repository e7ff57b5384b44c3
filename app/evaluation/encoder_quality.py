"""Whether a graph encoder is as good as the structural embedding that it learned."""

from collections.abc import Callable, Sequence

import numpy as np

from app.domain.architecture import Architecture
from app.encoder.manifest import Quality
from app.evaluation.protocol import Protocol, evaluate
from app.predictor.known_points import NewIndex
from app.predictor.ports import Encoder
from app.proximity.kernel import FloatArray, matern, scaled, squared_distances
from app.proximity.scales import ColumnGroups

# More trials than the paper's 20: the two embeddings differ by less than 20 trials can tell.
PROTOCOL = Protocol(trials=60, seed=1000)

FUNCTIONS = 20
_POINTS = 600  # architectures of a function: 121 to train, 100 to test, the rest makes them differ
_SPREAD = 1.3  # of the logarithms of scales: the prior of `proximity/scales.py`, 0.3 w^2, is a normal of this width
_NOISE = 0.1  # standard deviation of a training's value, of the function's own


def compare(
    architectures: Sequence[Architecture],
    values: FloatArray,
    graph: Encoder,
    structural: Encoder,
    new_index: NewIndex,
    table: str,
    progress: Callable[[int], None] = lambda _trial: None,
) -> Quality:
    """Kendall tau of both embeddings over the same splits.

    Args:
        table: what the values are, for the record.
        progress: called after each trial with its number, from 1 to twice PROTOCOL.trials.
    """
    first = evaluate(architectures, values, graph, new_index, PROTOCOL, progress)["kendall_tau"]
    second = evaluate(
        architectures, values, structural, new_index, PROTOCOL, lambda trial: progress(PROTOCOL.trials + trial)
    )["kendall_tau"]
    return Quality(
        protocol=f"{table}: {PROTOCOL.train} train, {PROTOCOL.test} test, {PROTOCOL.trials} trials, "
        f"seed {PROTOCOL.seed}, {PROTOCOL.weighting}",
        graph_tau=round(first.mean, 4),
        graph_tau_std=round(first.std, 4),
        structural_tau=round(second.mean, 4),
        structural_tau_std=round(second.std, 4),
    )


def compare_on_functions(
    sample: Sequence[Architecture],
    graph: Encoder,
    structural: Encoder,
    new_index: NewIndex,
    seed: int,
    progress: Callable[[int], None] = lambda _trial: None,
) -> Quality:
    """Kendall tau of both embeddings where no labels are at hand: on functions of the space drawn at random.

    Each is drawn from the Gaussian process that kriging assumes, over the structural embedding with scales that differ
    as much as fitted ones do: what the structural embedding can tell, the graph encoder has to tell as well.

    Args:
        progress: called after each function with its number, from 1 to FUNCTIONS.
    """
    rng = np.random.default_rng(seed)
    taus = []
    n = min(_POINTS, len(sample))
    n_train, n_test = min(PROTOCOL.train, n // 2), min(PROTOCOL.test or n, n // 3)
    for function in range(FUNCTIONS):
        chosen = [sample[i] for i in rng.choice(len(sample), n, replace=False)]
        values = _drawn_function(structural, chosen, rng)
        protocol = Protocol(n_train, n_test, trials=1, seed=function)
        taus.append(
            [
                evaluate(chosen, values, encoder, new_index, protocol)["kendall_tau"].mean
                for encoder in (graph, structural)
            ]
        )
        progress(function + 1)
    (graph_tau, structural_tau), (graph_std, structural_std) = np.mean(taus, axis=0), np.std(taus, axis=0)
    return Quality(
        protocol=f"{FUNCTIONS} functions drawn over the structural embedding: "
        f"{n_train} train, {n_test} test, seed {seed}",
        graph_tau=round(float(graph_tau), 4),
        graph_tau_std=round(float(graph_std), 4),
        structural_tau=round(float(structural_tau), 4),
        structural_tau_std=round(float(structural_std), 4),
    )


def _drawn_function(encoder: Encoder, architectures: Sequence[Architecture], rng: np.random.Generator) -> FloatArray:
    groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column)
    n_blocks = int(groups.block.max()) + 1
    by_block = rng.normal(0, _SPREAD, n_blocks)[groups.block]
    by_group = rng.normal(0, _SPREAD, len(groups.block))
    points = scaled(encoder.embed(architectures), groups.of_column, groups.start + by_block + by_group)
    covariance = matern(squared_distances(points, points))
    covariance[np.diag_indices(len(points))] += 1e-6
    values: FloatArray = np.linalg.cholesky(covariance) @ rng.normal(size=len(points))
    return values + _NOISE * rng.normal(size=len(points))
