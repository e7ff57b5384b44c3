"""The plot of the accuracy shows what RESULTS.md has."""

from pathlib import Path

from benchmarks.accuracy.plot import TABLES, curves, plot
from benchmarks.report import RESULTS

TABLE = """### darts: {labels} labels, all others estimated

| predictor | Kendall tau | Spearman |
| --- | ---: | ---: |
| **ours, as served** | {tau} ± 0.042 | 0.838 |

"""


def test_points_of_a_curve_are_labels_mean_and_deviation() -> None:
    results = TABLE.format(labels=29, tau=0.652) + TABLE.format(labels="1,563", tau=0.926)

    assert curves(results) == {"DARTS (NAS-Bench-301)": {"ours, as served": [(29, 0.652, 0.042), (1563, 0.926, 0.042)]}}


def test_every_panel_is_drawn_from_the_results(tmp_path: Path) -> None:
    found = curves(RESULTS.read_text(encoding="utf-8"))

    plot(found, tmp_path / "accuracy.svg")

    assert list(found) == list(TABLES.values())
    assert (tmp_path / "accuracy.svg").read_text(encoding="utf-8").startswith("<?xml")
