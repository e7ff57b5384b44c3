"""How labels scale the space: the observations say which features matter, and how noisy a training is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from app.proximity.cholesky import inverse
from app.proximity.kernel import FloatArray, scaled, squared_distances

IntArray = NDArray[np.int64]

MIN_TO_FIT = 25  # below, labels say less about the scales than the prior does
MAX_TO_FIT = 400  # 200 lost 0.0005 of Kendall tau in the prototype, at a seventh of the time
START_LOG_NOISE = -3.0
ITERATIONS = 30
_PROXY_VARIANCE = 2.0  # of all proxies together, as much as `app.encoder.structural` gives to costs
_SMALLEST_SPREAD = 1e-150  # a proxy of less is constant; of more, no value overflows in units of it
_WITHIN_BLOCK, _BETWEEN_BLOCKS, _OVERALL = 0.3, 0.3, 0.05  # how strongly scales are drawn to their mean
_TREND = 0.1  # how strongly log c is drawn to 0, where a trend and the rest explain about as much


@dataclass(frozen=True, slots=True)
class ColumnGroups:
    """Which columns share a scale, and which scales are related.

    Args:
        of_column: shape (d,): the group of each column, counted from 0.
        block: shape (groups,): the block of each group, counted from 0.
        n_proxies: how many of the last columns are proxies, in their own units: each a group, all one block.
    """

    of_column: IntArray
    block: IntArray
    n_proxies: int = 0

    @classmethod
    def of(cls, group_of_column: IntArray, block_of_column: IntArray, n_proxies: int = 0) -> "ColumnGroups":
        """The groups of an encoder's columns, and of proxies after them."""
        _, first = np.unique(group_of_column, return_index=True)
        block = block_of_column[first]
        of_proxies = len(block) + np.arange(n_proxies)
        return cls(
            np.append(group_of_column, of_proxies), np.append(block, np.full(n_proxies, block.max() + 1)), n_proxies
        )

    def with_level(self) -> "ColumnGroups":
        """These, after a column of the logarithm of each training's level, which is a block of its own."""
        own_group, own_block = len(self.block), self.block.max() + 1
        return ColumnGroups(np.insert(self.of_column, 0, own_group), np.append(self.block, own_block), self.n_proxies)

    @property
    def start(self) -> float:
        """m0 = -log(2 G): where the mean squared distance of two architectures is about one; G is without proxies."""
        return -float(np.log(2 * (len(self.block) - self.n_proxies)))


@dataclass(frozen=True, slots=True)
class Scales:
    """What is fitted to the observations.

    Args:
        log_scales: w, shape (groups,).
        log_noise: log v.
        proxy_units: shape (proxies, 2): median and spread of each, in its own unit; an infinite spread is that of a
            proxy that does not count.
        log_trend: log c, of the trend that lower fidelities give.
        lower: what is fitted to the trainings of lower fidelity, where there are some.
    """

    log_scales: FloatArray
    log_noise: float
    proxy_units: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    log_trend: float = 0.0
    lower: Optional["Scales"] = None

    @classmethod
    def prior(cls, groups: ColumnGroups) -> "Scales":
        """Before there are observations enough: all groups alike, but for proxies, which nothing is known of yet."""
        units = np.tile([0.0, np.inf], (groups.n_proxies, 1))
        return cls(np.full(len(groups.block), groups.start), START_LOG_NOISE, units)

    def matches(self, groups: ColumnGroups) -> bool:
        """Whether these are scales of such groups."""
        same = len(self.log_scales) == len(groups.block)
        return same and (self.lower is None or self.lower.matches(groups.with_level()))

    def points(self, embeddings: NDArray[np.floating[Any]], groups: ColumnGroups) -> FloatArray:
        """Embeddings (n, d) where plain squared distances are the scaled ones."""
        return scaled(_in_units(embeddings, self.proxy_units), groups.of_column, self.log_scales)


def fit_scales(
    embeddings: FloatArray,
    scores: FloatArray,
    groups: ColumnGroups,
    rng: np.random.Generator,
    trend: FloatArray | None = None,
) -> Scales:
    """The most probable scales and noise given the observations (maximum a posteriori, s^2 profiled out).

    Args:
        embeddings: shape (n, d), unscaled; repeated trainings of an architecture are rows of their own, since how
            far their scores lie apart is the best evidence of the noise.
        scores: t, shape (n,).
        rng: draws the observations used where there are more than MAX_TO_FIT.
        trend: m, shape (n,), where there is one.

    Returns:
        The prior where there are fewer than MIN_TO_FIT observations, or all scores are equal.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  # half a second to import, and a small study never fits

    if len(scores) > MAX_TO_FIT:
        chosen = rng.choice(len(scores), MAX_TO_FIT, replace=False)
        embeddings, scores = embeddings[chosen], scores[chosen]
        trend = None if trend is None else trend[chosen]
    if len(scores) < MIN_TO_FIT or not np.ptp(scores):
        return Scales.prior(groups)
    units = _proxy_units(embeddings[:, embeddings.shape[1] - groups.n_proxies :])
    n_groups, with_trend = len(groups.block), trend is not None
    objective = Objective(_in_units(embeddings, units), scores, groups, trend)
    bounds: Sequence[tuple[float, float]] = [
        *[(groups.start - 6, groups.start + 5)] * n_groups,
        (-8.0, 1.5),
        *[(-7.0, 4.0)] * with_trend,
    ]
    best = minimize(
        objective,
        np.array([*[groups.start] * n_groups, START_LOG_NOISE, *[0.0] * with_trend]),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": ITERATIONS},
    ).x
    return Scales(best[:n_groups], float(best[n_groups]), units, float(best[-1]) if with_trend else 0.0)


def _proxy_units(proxies: FloatArray) -> FloatArray:
    """Median and spread of each column, shape (p, 2), which a few wrong values hardly move; infinite where constant."""
    if not proxies.shape[1]:
        return np.empty((0, 2))
    median = np.median(proxies, axis=0)
    spread = [_spread(column) for column in np.abs(proxies - median).T]
    return np.stack([median, spread], axis=1)


def _spread(deviations: FloatArray) -> float:
    """The typical deviation; of those that are not 0, where most are, as of a yes or no."""
    typical = np.median(deviations) or np.median(deviations[deviations > 0] if deviations.any() else [0.0])
    return float(typical) * 1.4826 if typical > _SMALLEST_SPREAD else np.inf


def _in_units(embeddings: NDArray[np.floating[Any]], units: FloatArray) -> FloatArray:
    """Embeddings with the proxies at their end as arcsinh of robust standard scores, so that none of them is far out.

    One that is not known, NaN, counts as the median.
    """
    n_proxies = len(units)
    if not n_proxies:
        return np.asarray(embeddings, dtype=np.float64)
    found = np.array(embeddings, dtype=np.float64)
    z = np.arcsinh((found[:, -n_proxies:] - units[:, 0]) / units[:, 1])
    found[:, -n_proxies:] = np.nan_to_num(z) * np.sqrt(_PROXY_VARIANCE / n_proxies)
    return found


class Objective:
    """Negative log posterior of (w, log v), and of log c where there is a trend m, and its gradient.

        n/2 log(t' C^-1 t / n) + 1/2 log|C|        C = K + vI + c mm'
        + 0.3 sum_g (w_g - mean of its block)^2 + 0.3 sum_blocks (block mean - m)^2 + 0.05 (m - m0)^2
        + 0.1 (log c)^2

    with m in the second line the mean of all w_g, and s^2 replaced by its best value (Rasmussen & Williams, section
    5.4.1, for the first line).

    Args:
        trend: shape (n,), centered here.
    """

    def __init__(
        self, embeddings: FloatArray, scores: FloatArray, groups: ColumnGroups, trend: FloatArray | None = None
    ) -> None:
        self._x = np.asarray(embeddings, dtype=np.float64)
        self._t = scores
        self._groups = groups
        self._n_groups = len(groups.block)
        centered = None if trend is None else trend - trend.mean()
        self._trend = None if centered is None else np.outer(centered, centered)

    def __call__(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """The value at (w_1 .. w_G, log v), or (w_1 .. w_G, log v, log c); and the gradient of the same shape."""
        w, (log_noise, *log_trend) = parameters[: self._n_groups], parameters[self._n_groups :]
        value, gradient = self._likelihood(w, float(np.exp(log_noise)), float(np.exp(log_trend[0])) if log_trend else 0)
        penalty, grad_penalty = self._penalty(w)
        gradient[: self._n_groups] += grad_penalty
        if log_trend:
            penalty += _TREND * log_trend[0] ** 2
            gradient[-1] += 2 * _TREND * log_trend[0]
        return value + penalty, gradient

    def _likelihood(self, w: FloatArray, noise: float, trend: float) -> tuple[float, FloatArray]:
        n = len(self._t)
        z = self._x * np.exp(w / 2)[self._groups.of_column]
        root = np.sqrt(3 * squared_distances(z, z))
        decay = np.exp(-root)
        covariance = (1 + root) * decay
        covariance[np.diag_indices(n)] += noise
        if self._trend is not None:
            covariance += trend * self._trend
        lower = np.linalg.cholesky(covariance)
        root = inverse(lower)
        of_covariance = root.T @ root
        alpha = of_covariance @ self._t
        fit = float(self._t @ alpha)
        value = n / 2 * np.log(fit / n) + np.log(np.diag(lower)).sum()
        # d value / d C, and dK/dd = -3/2 exp(-sqrt(3 d)), which has no pole at d = 0
        by_covariance = (of_covariance - np.outer(alpha, alpha) * (n / fit)) / 2
        by_distance = -1.5 * decay * by_covariance
        # d_ij gains |z_ic - z_jc|^2 of every column c of the group; summed over i, j by one product
        by_column = 2 * (by_distance.sum(axis=1) @ (z * z) - np.einsum("ic,ic->c", z, by_distance @ z))
        gradient = [*np.bincount(self._groups.of_column, by_column, self._n_groups), noise * np.trace(by_covariance)]
        if self._trend is not None:
            gradient.append(trend * (by_covariance * self._trend).sum())
        return float(value), np.array(gradient)

    def _penalty(self, w: FloatArray) -> tuple[float, FloatArray]:
        block = self._groups.block
        sizes = np.bincount(block)
        block_means = np.bincount(block, w) / sizes
        mean = w.mean()
        from_block = w - block_means[block]
        from_mean = block_means - mean
        from_start = mean - self._groups.start
        value = (
            _WITHIN_BLOCK * (from_block**2).sum() + _BETWEEN_BLOCKS * (from_mean**2).sum() + _OVERALL * from_start**2
        )
        # The deviations within a block sum to zero, so their mean's own derivative vanishes.
        gradient = (
            2 * _WITHIN_BLOCK * from_block
            + 2 * _BETWEEN_BLOCKS * ((from_mean / sizes)[block] - from_mean.sum() / self._n_groups)
            + 2 * _OVERALL * from_start / self._n_groups
        )
        return float(value), gradient
