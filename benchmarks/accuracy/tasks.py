"""What is estimated from what: the protocols of the comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.evaluation.protocol import Protocol, split
from benchmarks.nasbench_graph import DATA_SETS
from benchmarks.tables import load


@dataclass(frozen=True, slots=True)
class Task:
    """A protocol on a table.

    Args:
        table: as `benchmarks.tables` names it.
        train: labelled architectures.
        test: of the others; None for all.
        held_out: use the odd rows only: what was tuned was tuned on the even ones.
        apart: keep isomorphic architectures on one side.
        target: the tau that we set out to reach.
        published: the best tau in print for this budget, with its source; protocols differ between papers.
        rounds: how many times the usual trials are run, where these differ much between trials.
    """

    table: str
    train: int
    test: int | None
    held_out: bool = False
    apart: bool = False
    target: float | None = None
    published: str = ""
    rounds: int = 1

    @property
    def title(self) -> str:
        """In words."""
        rows = ", odd rows" if self.held_out else ""
        tested = "all others" if self.test is None else f"{self.test:,} others"
        apart = ", isomorphic cells kept on one side" if self.apart else ""
        return f"{self.table}{rows}: {self.train} labels, {tested} estimated{apart}"

    def data(self) -> tuple[Sequence[Architecture], NDArray[np.float64]]:
        """Architectures and values."""
        table = load(self.table)
        rows = slice(1, None, 2) if self.held_out else slice(None)
        return table.architectures[rows], table.values[rows]

    def split(self, trial: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows to train on and to test, the same for every predictor."""
        architectures, _ = self.data()
        protocol = Protocol(self.train, self.test, isomorphic_split=self.apart)
        return split([each.id for each in architectures], protocol, np.random.default_rng([0, trial]))


_CIFAR10, _CIFAR100, _TEST = (f"nasbench201 {metric}" for metric in ("cifar10_valid", "cifar100_valid", "cifar10_test"))

TASKS: Sequence[Task] = (
    Task(_CIFAR10, 121, 100, target=0.82, published="0.582 (SemiNAS, in the EmProx paper)"),
    Task(_CIFAR10, 121, 100, apart=True),
    Task(_CIFAR100, 121, 100, target=0.82, published="0.612 (SemiNAS, in the EmProx paper)"),
    Task(_CIFAR100, 121, 100, apart=True),
    Task(_TEST, 78, None, target=0.82, published="0.677 (HyperNAS)"),
    Task(_TEST, 156, None, target=0.86, published="0.804 (NN-Former)"),
    Task(_TEST, 469, None, target=0.90, published="0.836 (HyperNAS)"),
    Task(_TEST, 1563, None, target=0.925, published="0.890 (NN-Former)"),
    Task("nasbench101", 100, 5000, held_out=True, target=0.76, published="0.717 (PINAT)"),
    Task("nasbench101", 172, 5000, held_out=True, target=0.79, published="0.765 (NN-Former)"),
    Task("nasbench101", 424, 5000, held_out=True, target=0.825, published="0.812 (PINAT)"),
    Task("darts", 29, None, target=0.65, published="0.573 (TA-GATES, another test set)", rounds=5),
    Task("darts", 58, None, target=0.71, published="0.635 (TA-GATES, another test set)", rounds=5),
    Task("darts", 294, None, target=0.81, published="0.712 (TA-GATES, another test set)"),
    *(
        # Proteins has 2,021 networks in all.
        Task(f"nasbench_graph {name}", 100, 900 if name == "proteins" else 5000, held_out=True)
        for name in DATA_SETS
    ),
)
