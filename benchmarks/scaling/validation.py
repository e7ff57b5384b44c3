"""The simulation beside the machine that its times were measured on: the same clients, replicas and cores."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cluster.load import CLIENTS
from benchmarks.cluster.measured import Measured
from benchmarks.scaling.simulation import Scenario, simulate
from benchmarks.scaling.times import Times


@dataclass(frozen=True, slots=True)
class Beside:
    """A second, of so many replicas together.

    Args:
        cores: that were busy meanwhile, estimating and observing.
    """

    replicas: int
    estimates: float
    simulated_estimates: float
    observations: float
    simulated_observations: float
    cores: tuple[float, float]


def beside(measured: Measured, times: Times, seconds: float) -> list[Beside]:
    """Clients who ask again as soon as they are answered, first for estimates alone, then with observations alone.

    Replicas, database and clients share the cores of the machine.
    """

    def simulated(replicas: int, observing: float) -> float:
        scenario = Scenario(
            CLIENTS, replicas, think_s=0, observing=observing, cores=measured.cores, seconds=seconds, warm_s=1
        )
        return simulate(scenario, times).per_second

    return [
        Beside(
            each.replicas,
            each.estimates,
            simulated(each.replicas, 0.0),
            each.observations,
            simulated(each.replicas, 1.0),
            (each.estimating_cores, each.observing_cores),
        )
        for each in measured.together
    ]


def table(found: Sequence[Beside]) -> str:
    """A line for each number of replicas, in Markdown."""
    lines = [
        "| replicas | estimates/s, measured | simulated | over measured | cores busy | observations/s, measured "
        "| simulated | over measured | cores busy |",
        f"|{' ---: |' * 9}",
    ]
    for each in found:
        estimates = _pair(each.estimates, each.simulated_estimates, each.cores[0])
        observations = _pair(each.observations, each.simulated_observations, each.cores[1])
        lines.append(f"| {each.replicas} | {estimates} | {observations} |")
    told = (
        "\nCores busy: of replicas, PostgreSQL and clients, measured. Where they are fewer than there are, others used "
        "the machine, or threads waited for what is not simulated. Each request is simulated at what it cost with one "
        "replica; spread over several, fewer share a batch or a commit, and each costs more."
    )
    return "\n".join([*lines, told])


def _pair(measured: float, simulated: float, cores: float) -> str:
    return f"{measured:,.0f} | {simulated:,.0f} | {simulated / measured:.2f} | {cores:.2f}"
