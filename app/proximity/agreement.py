"""How well estimates agree with what was measured."""

from math import nan

import numpy as np

from app.proximity.kernel import FloatArray

_TOP = 0.1


def agreement(
    wanted: FloatArray, score: FloatArray, lower: FloatArray | None = None, upper: FloatArray | None = None
) -> dict[str, float]:
    """Measures of estimates of n architectures, all of shape (n,), larger values being better.

    Returns:
        `kendall_tau` (b), `spearman`, `pearson`, `mae`, `rmse`, `top_10_precision` (share of the tenth with the best
        scores that belongs to the tenth with the best values), `coverage` (share of the values within the 90 %
        interval). A correlation is NaN where there is nothing to rank, as all values or estimates are the same;
        coverage where there are no intervals.
    """
    from scipy.stats import kendalltau, pearsonr, spearmanr  # noqa: PLC0415  # a second to import; the server has no use

    error = score - wanted
    ranked = bool(np.ptp(score) and np.ptp(wanted))
    bounded = lower is not None and upper is not None and not np.isnan(lower).any()
    return {
        "kendall_tau": float(kendalltau(score, wanted).statistic) if ranked else nan,
        "spearman": float(spearmanr(score, wanted).statistic) if ranked else nan,
        "pearson": float(pearsonr(score, wanted).statistic) if ranked else nan,
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "top_10_precision": _top_precision(wanted, score),
        "coverage": float(((lower <= wanted) & (wanted <= upper)).mean()) if bounded else nan,  # type: ignore[operator]
    }


def _top_precision(wanted: FloatArray, score: FloatArray) -> float:
    n = max(1, round(_TOP * len(wanted)))
    # The values that tie with the last of the tenth are as good as it.
    best = np.partition(wanted, -n)[-n]
    return float((wanted[np.argsort(-score, kind="stable")[:n]] >= best).mean())
