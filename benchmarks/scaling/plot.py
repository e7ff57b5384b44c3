"""The curves of `benchmarks.scaling` as an SVG."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.scaling.crowds import Crowd

PLOT = Path(__file__).parents[2] / "docs" / "scaling.svg"
_COLORS = ("#4f46e5", "#d1720a", "#0f766e", "#be185d")


def plot(crowds: Sequence[Crowd], path: Path) -> None:
    """Draw throughput and both tails against the workers, a curve for each number of replicas."""
    import matplotlib as mpl  # noqa: PLC0415  # of the `bench` extra

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "emprox"  # the same figures, the same file
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(1, 3, figsize=(12, 3.6), constrained_layout=True)
    for panel, title, name in zip(
        panels,
        ("requests answered a second", "an estimate, 99 %, ms", "an observation, 99 %, ms"),
        ("per_second", "estimate_ms", "observation_ms"),
        strict=True,
    ):
        for replicas, color in zip(sorted({each.replicas for each in crowds}), _COLORS, strict=False):
            of = [each for each in crowds if each.replicas == replicas]
            label = "1 replica" if replicas == 1 else f"{replicas} replicas"
            panel.plot(
                [each.workers for each in of],
                [getattr(each, name) for each in of],
                marker="o",
                color=color,
                label=label,
            )
        panel.set(title=title, xlabel="workers", xscale="log", yscale="log")
        panel.grid(alpha=0.25)
        panel.legend(fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})
