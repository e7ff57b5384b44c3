"""The best value so far against trainings, as an SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

_TRAININGS = 300
_SHOWN_FROM = 19  # the very first trainings are far below all others
_COLORS = ("#888888", "#d1720a", "#1f77b4", "#2a9d4a", "#8e44ad")


def plot(curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]], path: Path) -> None:
    """Draw a panel per table, with the mean over the searches of each kind and the quarters around it.

    Args:
        curves: best value after each training, by table, kind of search and seed; a search that ended keeps its last.
    """
    import matplotlib as mpl  # noqa: PLC0415  # of the `bench` extra

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(1, len(curves), figsize=(4.2 * len(curves), 3.4), constrained_layout=True)
    for panel, (table, kinds) in zip(np.atleast_1d(panels), curves.items(), strict=True):
        worst = np.inf
        for color, (kind, searches) in zip(_COLORS, kinds.items(), strict=False):  # not all kinds are in each table
            best = np.array([_continued(curve) for curve in searches])
            low, high = np.quantile(best, [0.25, 0.75], axis=0)
            trainings = np.arange(1, _TRAININGS + 1)
            panel.plot(trainings, best.mean(axis=0), color=color, label=kind, linewidth=1.6)
            panel.fill_between(trainings, low, high, color=color, alpha=0.15, linewidth=0)
            worst = min(worst, float(np.quantile(best[:, _SHOWN_FROM], 0.1)))
        panel.set_ylim(bottom=worst)
        panel.set(title=table, xlabel="trainings", xscale="log", xlim=(5, _TRAININGS))
    np.atleast_1d(panels)[0].set_ylabel("best validation accuracy so far, %")
    np.atleast_1d(panels)[0].legend(loc="lower right", fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _continued(curve: Sequence[float]) -> list[float]:
    return [*curve, *[curve[-1]] * _TRAININGS][:_TRAININGS]
