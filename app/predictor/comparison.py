"""How well a study's observations tell each other, by one encoder and by another."""

from dataclasses import dataclass
from math import isnan

import numpy as np

from app.predictor.observation_log import ObservationLog
from app.proximity.agreement import agreement
from app.proximity.factorization import Factorization
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.value_transform import ValueTransform

COMPARED = 1_000  # architectures at most: the time grows with their third power


@dataclass(frozen=True, slots=True)
class Comparison:
    """Kendall's tau of two encoders on the same observations of one metric; None where there is nothing to rank.

    Args:
        n: architectures that were trained.
    """

    n: int
    before: float | None
    after: float | None


def leave_one_out_tau(log: ObservationLog, groups: ColumnGroups, scales: Scales) -> float | None:
    """Kendall's tau between the values of architectures and what the others say of each, lower fidelities left out.

    All left out at once by one factorization: m_i = t_i - alpha_i / (K + vR)^-1_ii (Rasmussen & Williams, 5.4.2). The
    scales have seen all of them, as those of the other encoder have.

    Returns:
        None where there is nothing to rank.
    """
    log = log.at_target()
    n = len(log.embeddings)
    counts = np.bincount(log.rows, minlength=n).astype(np.float64)
    means = np.bincount(log.rows, log.values, n) / np.maximum(counts, 1)
    chosen = np.random.default_rng(0).permutation(n)[:COMPARED]
    if len(chosen) < 3:
        return None
    scores = ValueTransform.fit(means[chosen]).scores
    points = scales.points(log.embeddings[chosen], groups)
    factorization = Factorization.of(points, counts[chosen], float(np.exp(scales.log_noise)))
    inverse = factorization.solve(np.eye(len(chosen)))
    left_out = scores - (inverse @ scores) / np.diag(inverse)
    tau = agreement(means[chosen], left_out)["kendall_tau"]
    return None if isnan(tau) else tau
