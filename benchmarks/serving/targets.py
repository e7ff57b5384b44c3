"""What the service must reach on two cores, in one server process."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A figure with its least and its wanted value.

    Args:
        digits: of the figure after the point.
        more_is_better: whether the figure must be at least this large, or at most.
    """

    what: str
    least: float
    goal: float
    digits: int = 0
    more_is_better: bool = False
    unit: str = ""

    def verdict(self, measured: float) -> str:
        """Whether that is what is wanted, what is needed, or less."""
        sign = 1 if self.more_is_better else -1
        if sign * measured >= sign * self.goal:
            return "goal"
        return "yes" if sign * measured >= sign * self.least else "**no**"


TARGETS: Mapping[str, Target] = {
    "single over floor": Target("one fresh candidate, median over the floor's, 10,000 observations", 2.0, 1.5, 2),
    "fresh per second at 500": Target(
        "1,000 fresh candidates, candidates/s, 500 observations", 10_000, 40_000, 0, True
    ),
    "fresh per second at 10000": Target(
        "1,000 fresh candidates, candidates/s, 10,000 observations", 4_000, 15_000, 0, True
    ),
    "repeated per second at 500": Target(
        "1,000 repeated candidates, candidates/s, 500 observations", 30_000, 80_000, 0, True
    ),
    "throughput over floor": Target("32 clients of one candidate, throughput over the floor's", 0.4, 0.7, 2, True),
    "mixed tail": Target("32 clients, mixed predict and observe, 99 % over the median", 5.0, 3.0, 1),
    "observe clients": Target("durable `/observe`, 32 clients over one", 6.0, 12.0, 1, True),
    "observe rows": Target("batched `/observe`, rows/s", 10_000, 40_000, 0, True),
    "scale": Target("one candidate, median at 1,000,000 observations over that at 10,000", 2.0, 1.3, 2),
    "added": Target("a new observation counts in the next estimate, added time at 4,000", 20.0, 5.0, 1, unit=" ms"),
    "ready": Target("ready after a restart with 1,000,000 observations", 15.0, 5.0, 1, unit=" s"),
    "memory": Target("resident memory at 1,000,000 observations", 2.5, 1.2, 2, unit=" GB"),
    "first": Target("first request after start over the tenth", 2.0, 1.2, 2),
}
# What other commands measure.
ELSEWHERE = {
    "recall of the neighbors against exact search at 1,000,000": (0.98, 0.995, "`python -m benchmarks.recall`"),
    "Kendall tau at 10,000 observations, as served, against one exact factorization": (
        -0.005,
        0,
        "`python -m benchmarks.handover`",
    ),
    "encoder training, NAS-Bench-201, two cores": ("3 min", "1 min", "`emprox train --space nasbench201`"),
}


def target_table(measured: Mapping[str, float]) -> str:
    """Every target with what was measured of it in this run."""
    lines = ["| what it must reach | at least | goal | measured | reached |", "| --- | ---: | ---: | ---: | --- |"]
    for name, target in TARGETS.items():
        bounds = [f"{each:,.{target.digits}f}{target.unit}" for each in (target.least, target.goal)]
        if name in measured:
            figure = measured[name]
            bounds += [f"{figure:,.{target.digits}f}{target.unit}", target.verdict(figure)]
        else:
            bounds += ["not in this run", ""]
        lines.append(f"| {target.what} | {' | '.join(bounds)} |")
    lines += [f"| {what} | {least} | {goal} | {command} | |" for what, (least, goal, command) in ELSEWHERE.items()]
    return "\n".join(lines)
