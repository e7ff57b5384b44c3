"""What trainings of less than full fidelity add to our estimates: `python -m benchmarks.fidelity`, some five minutes.

On odd rows, since the embedding, the fit and the trend were tuned on even ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from app.bootstrap import limit_threads, new_index
from app.cli.table_options import labelled_architectures
from app.domain.architecture import Architecture
from app.evaluation.estimator import Estimator
from app.proximity.estimates import Estimates
from app.proximity.fidelity import level_of
from app.proximity.kernel import FloatArray
from app.spaces.registry import get_space
from benchmarks.accuracy.predictors import checkpoint
from benchmarks.report import benchmark_data, publish

_TRIALS = 10
_TESTED = 1_000
_HEADER = (
    "| table | trainings | tau by the full ones alone | with the others | 90 % intervals cover |\n"
    "| --- | --- | ---: | ---: | ---: |"
)
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to spend trainings.

    Args:
        epochs: of the levels, ascending; the last is full.
        trained: how many architectures at each.
        halving: the best of a level go on to the next; otherwise some at random.
        shuffled: what is measured below the full level belongs to other architectures: can it do harm?
    """

    table: str
    epochs: tuple[int, ...]
    trained: tuple[int, ...]
    halving: bool = False
    shuffled: bool = False

    def __str__(self) -> str:
        how = "the best go on" if self.halving else "shuffled" if self.shuffled else "at random"
        numbers = ", ".join(f"{n} for {epochs}" for n, epochs in zip(self.trained, self.epochs, strict=True))
        return f"| {self.table} | {numbers} epochs, {how} |"


@dataclass(frozen=True, slots=True)
class Table:
    """Architectures, and what each measured, shape (n,), after some epochs."""

    space: str
    architectures: list[Architecture]
    measured: dict[int, FloatArray]


_CASES = (
    *(Case("nasbench201", (12, 200), (n, full)) for n in (300, 1000) for full in (30, 100)),
    Case("nasbench201", (12, 200), (100, 100)),
    *(Case("nasbench101", (12, 108), (300, n)) for n in (30, 100)),
    Case("nasbench101", (4, 12, 36, 108), (300, 100, 50, 25)),
    Case("nasbench201", (12, 200), (300, 100), halving=True),
    Case("nasbench101", (12, 108), (300, 100), halving=True),
    Case("nasbench101", (4, 12, 36, 108), (300, 100, 50, 25), halving=True),
    *(Case("nasbench201", (12, 200), (300, n), shuffled=True) for n in (30, 100)),
    Case("nasbench101", (4, 12, 36, 108), (300, 100, 50, 25), shuffled=True),
)


def main() -> None:
    """Print what quicker trainings give in every case."""
    limit_threads()
    tables = {
        "nasbench201": _table(
            "nasbench201", "nasbench201.csv.gz", "arch", {12: "cifar10_valid_e12", 200: "cifar10_valid"}
        ),
        "nasbench101": _table(
            "nasbench101",
            "nasbench101_sample.jsonl.gz",
            "matrix=adjacency,ops=ops",
            {4: "valid_acc_e4", 12: "valid_acc_e12", 36: "valid_acc_e36", 108: "valid_acc"},
        ),
    }
    lines = [_HEADER]
    for case in track(_CASES, description="ways to spend trainings"):
        alone, both, gain, error, covered = _outcome(case, tables[case.table])
        lines.append(f"{case} {alone:.3f} | {both:.3f} ({gain:+.3f} ± {error:.3f}) | {covered:.0%} |")
    notes = (
        f"Mean over {_TRIALS} splits of the odd rows, with the standard error of the gain; {_TESTED:,} others of any "
        "kind are estimated, as full trainings, that were trained at no level. NAS-Bench-201 is of CIFAR-10."
    )
    title, command = "Trainings of less than full fidelity", "python -m benchmarks.fidelity"
    publish("fidelity", title, command, "\n".join([notes, "", *lines]))


def _table(space: str, file: str, architecture: str, columns: Mapping[int, str]) -> Table:
    path = benchmark_data() / file
    *quick, full = columns
    architectures, values, measured = labelled_architectures(
        get_space(space), path, architecture, columns[full], [columns[epochs] for epochs in quick]
    )
    return Table(space, architectures, {**dict(zip(quick, measured.T, strict=True)), full: values})


def _outcome(case: Case, table: Table) -> tuple[float, float, float, float, float]:
    """Kendall's tau by full trainings alone and with the others, the gain with its standard error, and the coverage."""
    taus, covered = [], []
    for trial in range(_TRIALS):
        trained, test = _spent(case, table, np.random.default_rng([trial, *case.trained]))
        full = table.measured[case.epochs[-1]][test]
        found = [_estimates(table, trained[first:], test) for first in (len(trained) - 1, 0)]
        taus.append([_tau(each, full) for each in found])
        covered.append(np.mean((found[1].lower <= full) & (full <= found[1].upper)))
    alone, both = np.array(taus).T
    gain = both - alone
    error = gain.std(ddof=1) / _TRIALS**0.5
    return alone.mean(), both.mean(), gain.mean(), error, float(np.mean(covered))


def _spent(case: Case, table: Table, rng: np.random.Generator) -> tuple[list[tuple[Rows, FloatArray, float]], Rows]:
    """The rows trained at each level with what they measured and the level, and rows to test on."""
    rows = rng.permutation(np.arange(1, len(table.architectures), 2))
    trained: list[tuple[Rows, FloatArray, float]] = []
    chosen = rows[: case.trained[0]]
    for epochs, n in zip(case.epochs, case.trained, strict=True):
        chosen = chosen[:n]
        measured = table.measured[epochs][chosen]
        if case.shuffled and epochs < case.epochs[-1]:
            measured = rng.permutation(measured)
        trained.append((chosen, measured, level_of(epochs / case.epochs[-1])))
        if case.halving:
            chosen = chosen[np.argsort(-measured, kind="stable")]
    ids = {table.architectures[row].id for row in rows[: case.trained[0]]}
    test = [row for row in rows[case.trained[0] :] if table.architectures[row].id not in ids][:_TESTED]
    return trained, np.array(test)


def _estimates(table: Table, trained: Sequence[tuple[Rows, FloatArray, float]], test: Rows) -> Estimates:
    estimator = Estimator(checkpoint(table.space).serving(), new_index)
    rows = np.concatenate([rows for rows, _, _ in trained])
    values = np.concatenate([values for _, values, _ in trained])
    levels = np.concatenate([np.full(len(rows), level) for rows, _, level in trained])
    estimator.fit([table.architectures[row] for row in rows], values, levels=levels)
    return estimator.estimate([table.architectures[row] for row in test])


def _tau(estimates: Estimates, values: FloatArray) -> float:
    from scipy.stats import kendalltau  # noqa: PLC0415  # a second to import

    return float(kendalltau(estimates.score, values).statistic)


if __name__ == "__main__":
    main()
