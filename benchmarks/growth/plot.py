"""The curves of `benchmarks.growth` as an SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.growth import graphs, neighbors, studies

PLOT = Path(__file__).parents[2] / "docs" / "growth.svg"
_INK, _ALSO = "#4f46e5", "#d1720a"


def plot(
    of_studies: Sequence[studies.Cost],
    of_neighbors: Sequence[neighbors.Cost],
    of_graphs: Sequence[graphs.Cost],
    path: Path,
) -> None:
    """Draw a panel for each of what grows."""
    import matplotlib as mpl  # noqa: PLC0415  # of the `bench` extra

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(2, 3, figsize=(12, 6.4), constrained_layout=True)
    sizes = [each.n for each in of_studies]
    for panel, title, curves in (
        (panels[0][0], "a fresh candidate, ms", {"alone": "candidate_ms", "of 1,000": "of_many_ms"}),
        (panels[0][1], "an observation, ms", {"alone": "observation_ms", "of 1,000": "of_batch_ms"}),
        (panels[0][2], "resident memory, GB", {"": "memory_gb"}),
        (panels[1][0], "seconds", {"start": "start_s", "fit, beside the answers": "fit_s"}),
    ):
        for (label, name), color in zip(curves.items(), (_INK, _ALSO), strict=False):
            panel.plot(sizes, [getattr(each, name) for each in of_studies], marker="o", color=color, label=label)
        _finish(panel, title, "observations", logarithmic=panel is not panels[0][2])
        panel.set_xscale("log")
    numbers = [(k, ms) for k, ms in of_neighbors if k is not None]
    panels[1][1].plot(*zip(*numbers, strict=True), marker="o", color=_INK, label="k neighbors")
    default = next(ms for k, ms in of_neighbors if k is None)
    panels[1][1].axhline(default, color=_ALSO, linestyle="--", label="as many as pay")
    _finish(panels[1][1], "a fresh candidate, ms", f"neighbors weighed, of {neighbors.OBSERVED:,}")
    vertices = [each.vertices for each in of_graphs]
    for label, name, color in (("parse", "parse_ms", _INK), ("embed, alone", "embed_alone_ms", _ALSO)):
        panels[1][2].plot(vertices, [getattr(each, name) for each in of_graphs], marker="o", color=color, label=label)
    _finish(panels[1][2], "a graph, ms", "vertices", logarithmic=True)
    figure.savefig(path, metadata={"Date": None})


def _finish(panel: Any, title: str, label: str, *, logarithmic: bool = False) -> None:
    panel.set(title=title, xlabel=label)
    if logarithmic:
        panel.set_yscale("log")
    else:
        panel.set_ylim(bottom=0)
    panel.grid(alpha=0.25)
    if len(panel.get_lines()) > 1:
        panel.legend(fontsize=8, frameon=False)
