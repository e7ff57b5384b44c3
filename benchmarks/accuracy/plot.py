"""Kendall tau against labels, as an SVG: `python -m benchmarks.accuracy.plot` draws what RESULTS.md has."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.report import RESULTS

PLOT = Path(__file__).parents[2] / "docs" / "accuracy.svg"
TABLES = {
    "nasbench201 cifar10_test": "NAS-Bench-201, CIFAR-10 test",
    "nasbench101, odd rows": "NAS-Bench-101",
    "darts": "DARTS (NAS-Bench-301)",
}
_COLORS = {  # without a predictor that is nowhere among the better ones
    "ours, as served": "#4f46e5",
    "EmProx of the paper, k = 10": "#d1720a",
    "NAO": "#2a9d4a",
    "SemiNAS": "#8e44ad",
    "XGBoost": "#555555",
    "multilayer perceptron": "#aaaaaa",
}

Curve = Sequence[tuple[int, float, float]]


def curves(results: str) -> dict[str, dict[str, Curve]]:
    """Labels, mean and standard deviation of Kendall tau, by table and predictor, in the order of the text."""
    found: dict[str, dict[str, list[tuple[int, float, float]]]] = defaultdict(lambda: defaultdict(list))
    for title, section in re.findall(r"^### (.*)\n((?:(?!###).*\n)*)", results, re.M):
        of_title = re.fullmatch(r"(.*): ([\d,]+) labels, .* estimated", title)
        if of_title and (table := TABLES.get(of_title[1])):
            labels = int(of_title[2].replace(",", ""))
            for row, tau, deviation in re.findall(r"^\| (.*?) \| ([\d.]+) ± ([\d.]+) \|", section, re.M):
                found[table][row.strip("*")].append((labels, float(tau), float(deviation)))
    return {table: dict(rows) for table, rows in found.items()}


def plot(found: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """Draw a panel per table, with the mean over the trials and their standard deviation."""
    import matplotlib as mpl  # noqa: PLC0415  # of the `bench` extra

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(1, len(found), figsize=(4.2 * len(found), 3.4), constrained_layout=True)
    for panel, (table, rows) in zip(panels, found.items(), strict=True):
        for row, color in _COLORS.items():
            labels, taus, deviations = zip(*rows[row], strict=True)
            width = 2.4 if row.startswith("ours") else 1.4
            panel.errorbar(labels, taus, deviations, color=color, label=row, linewidth=width, marker="o", capsize=2)
        panel.set(title=table, xlabel="labels", xscale="log", xticks=labels, xticklabels=[f"{n:,}" for n in labels])
        panel.minorticks_off()
    panels[0].set_ylabel("Kendall tau")
    panels[-1].legend(loc="lower right", fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    plot(curves(RESULTS.read_text(encoding="utf-8")), PLOT)
