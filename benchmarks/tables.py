"""The tables that benchmarks run on, as architectures and values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from app.cli.table_options import labelled_architectures
from app.domain.architecture import Architecture
from app.proximity.kernel import FloatArray
from app.spaces.registry import get_space
from benchmarks.nasbench_graph import DATA_SETS, results
from benchmarks.report import benchmark_data


@dataclass(frozen=True, slots=True)
class Table:
    """A labelled table.

    Args:
        space: name of its search space.
        values: shape (n,): the metric of each architecture; larger is better.
    """

    space: str
    architectures: list[Architecture]
    values: FloatArray


def _from_file(space: str, file: str, architecture: str, metric: str) -> Table:
    architectures, values, _ = labelled_architectures(get_space(space), benchmark_data() / file, architecture, metric)
    return Table(space, architectures, values)


def _from_package(data_set: str) -> Table:
    architectures, measured = zip(*results(data_set), strict=True)
    return Table("nasbench_graph", list(architectures), 100 * np.array([each["valid_perf"] for each in measured]))


_LOADERS: Mapping[str, Callable[[], Table]] = {
    **{
        f"nasbench201 {metric}": partial(_from_file, "nasbench201", "nasbench201.csv.gz", "arch", metric)
        for metric in ("cifar10_valid", "cifar100_valid", "cifar10_test")
    },
    "nasbench101": partial(
        _from_file, "nasbench101", "nasbench101_sample.jsonl.gz", "matrix=adjacency,ops=ops", "valid_acc"
    ),
    "darts": partial(_from_file, "darts", "darts_nb301_sample.jsonl.gz", "normal,reduce", "valid_acc_surrogate"),
    **{f"nasbench_graph {name}": partial(_from_package, name) for name in DATA_SETS},
}


@cache
def load(name: str) -> Table:
    """A table by its name, read once: "nasbench101", "darts", "nasbench201 METRIC", "nasbench_graph DATA_SET"."""
    return _LOADERS[name]()
