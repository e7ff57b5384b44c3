"""What numbers that come with architectures add to our estimates: `python -m benchmarks.proxies`, some ten minutes.

Each set is declared as a study declares it; on odd rows, since the embedding and the fit were tuned on even ones.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from app.bootstrap import limit_threads, new_index
from app.evaluation.estimator import Estimator
from app.evaluation.protocol import Protocol, split
from app.proximity.kernel import FloatArray
from benchmarks.accuracy.predictors import checkpoint
from benchmarks.nasbench_graph import results
from benchmarks.report import benchmark_data, publish
from benchmarks.tables import Table, load

_LABELS = (30, 121, 500)
_TRIALS = 10
_TESTED = 3_000
_HEADER = "| table | proxies | tau, 30 labels | 121 labels | 500 labels |\n| --- | --- | ---: | ---: | ---: |"


def main() -> None:
    """Print what every set of proxies gives, beside none."""
    limit_threads()
    lines = [_HEADER]
    for name, proxies in track(list(_cases()), description="sets of proxies"):
        table = load(name)
        hints = None if proxies is None else proxies[1]
        taus = " | ".join(f"{_tau(table, hints, n):.3f}" for n in _LABELS)
        lines.append(f"| {name} | {proxies[0] if proxies else 'none'} | {taus} |")
    notes = f"Mean over {_TRIALS} splits of the odd rows, the same for every set; {_TESTED:,} others estimated."
    publish("proxies", "Proxies", "python -m benchmarks.proxies", "\n".join([notes, "", *lines]))


def _cases() -> Iterator[tuple[str, tuple[str, FloatArray] | None]]:
    for name, sets in (
        ("nasbench201 cifar10_valid", _nasbench201()),
        ("nasbench101", _nasbench101()),
        ("nasbench_graph arxiv", _nasbench_graph("arxiv")),
        ("nasbench_graph citeseer", _nasbench_graph("citeseer")),
    ):
        yield name, None
        for found in sets:
            yield name, found


def _nasbench201() -> Iterator[tuple[str, FloatArray]]:
    rows, devices = (_csv(f"nasbench201{part}.csv.gz") for part in ("", "_hwnasbench_cifar10"))
    yield "log parameters, log FLOPs", np.log(_columns(rows, "params_m", "flops_m"))
    assert [row["arch"] for row in rows] == [row["arch"] for row in devices]  # noqa: S101  # one order in both
    latencies = _columns(devices, *(name for name in devices[0] if name.endswith("_latency")))
    yield "log latencies on six devices", np.log(np.maximum(latencies, 1e-3))
    yield "accuracy after 12 epochs", _columns(rows, "cifar10_valid_e12")


def _nasbench101() -> Iterator[tuple[str, FloatArray]]:
    with gzip.open(benchmark_data() / "nasbench101_sample.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    yield "accuracy after 4 epochs", _columns(rows, "valid_acc_e4")
    yield "accuracy after 4, 12 and 36 epochs", _columns(rows, "valid_acc_e4", "valid_acc_e12", "valid_acc_e36")


def _nasbench_graph(data_set: str) -> Iterator[tuple[str, FloatArray]]:
    rows = [measured for _, measured in results(data_set)]
    yield "log parameters, log latency", np.log(np.maximum(_columns(rows, "para", "latency"), 1e-6))


def _csv(file: str) -> list[dict[str, str]]:
    with gzip.open(benchmark_data() / file, "rt") as lines:
        return list(csv.DictReader(lines))


def _columns(rows: Sequence[Mapping[str, Any]], *names: str) -> FloatArray:
    return np.array([[float(row[name]) for name in names] for row in rows])


def _tau(table: Table, hints: FloatArray | None, n: int) -> float:
    from scipy.stats import kendalltau  # noqa: PLC0415  # a second to import

    assert hints is None or len(hints) == len(table.values)  # noqa: S101  # the table has left no row out
    odd: NDArray[np.int64] = np.arange(1, len(table.values), 2)
    estimator = Estimator(checkpoint(table.space).serving(), new_index)
    taus = []
    for trial in range(_TRIALS):
        protocol = Protocol(n, min(_TESTED, len(odd) - n))
        train, test = (
            odd[rows] for rows in split([str(row) for row in odd], protocol, np.random.default_rng([1, trial]))
        )
        known, asked = (None, None) if hints is None else (hints[train], hints[test])
        estimator.fit([table.architectures[i] for i in train], table.values[train], known)
        estimates = estimator.estimate([table.architectures[i] for i in test], asked)
        taus.append(kendalltau(estimates.score, table.values[test]).statistic)
    return float(np.mean(taus))


if __name__ == "__main__":
    main()
