"""The results of NAS-Bench-Graph, from the files that the package `nas-bench-graph` installs.

Those files are pickles, and a pickle can run anything. They hold nothing but dictionaries of numbers, some of them
numpy scalars: this reader builds these and refuses to look up any other name. The package itself is never imported.
"""

import json
import pickle
import struct
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from itertools import product
from pathlib import Path

from app.domain.architecture import Architecture
from app.spaces.nasbench_graph import LINKS, N_OPERATIONS, OPERATIONS, NasBenchGraph

DATA_SETS = ("arxiv", "citeseer", "computers", "cora", "cs", "photo", "physics", "proteins", "pubmed")


def results(data_set: str) -> Iterator[tuple[Architecture, Mapping[str, float]]]:
    """Every network of a data set with its measured values: `valid_perf`, `perf`, `latency`, `para`.

    Raises:
        PackageNotFoundError: `nas-bench-graph` is not installed.
        pickle.UnpicklingError: the file holds something else than numbers.
    """
    space = NasBenchGraph()
    measured = read_bench(path(data_set))
    for number, link in enumerate(LINKS):
        for chosen in product(range(len(OPERATIONS)), repeat=N_OPERATIONS):
            key = number  # the package numbers a network by its link list, then its operations as decimal digits
            for digit in chosen:
                key = key * (len(OPERATIONS) + 1) + digit
            if key in measured:
                yield space.parse({"link": list(link), "ops": [OPERATIONS[i] for i in chosen]}), measured[key]


def path(data_set: str) -> Path:
    """The file of a data set."""
    return Path(str(distribution("nas-bench-graph").locate_file(f"nas_bench_graph/light/{data_set}.bench")))


def read_bench(file: Path) -> dict[int, dict[str, float]]:
    """The numbers of a file, by the package's number of the network."""
    with file.open("rb") as opened:
        found: dict[int, dict[str, float]] = _Numbers(opened).load()
    return found


class _Numbers(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("numpy.core.multiarray", "scalar"):
            return _double
        if (module, name) == ("numpy", "dtype"):
            return _DoubleType
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}: it should hold numbers only")


class _DoubleType:
    """Stands for numpy's dtype, of which these files have one: little-endian double."""

    def __init__(self, kind: str, *_: object) -> None:
        if kind != "f8":
            raise pickle.UnpicklingError(f"the file has numbers of type {kind[:20]!r}, not 'f8'")

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or state[1:2] != ("<",):
            raise pickle.UnpicklingError("the file has numbers that are not little-endian")


def _double(_: _DoubleType, data: bytes) -> float:
    value: float = struct.unpack("<d", data)[0]
    return value


def main() -> None:
    """Print a data set as JSON Lines, which `emprox train`, `import` and `evaluate` read."""
    if len(sys.argv) != 2 or sys.argv[1] not in DATA_SETS:
        raise SystemExit(
            f"usage: python -m benchmarks.nasbench_graph DATA_SET > DATA_SET.jsonl; {', '.join(DATA_SETS)}"
        )
    for architecture, values in results(sys.argv[1]):
        print(json.dumps({"architecture": architecture.notation, **values}))


if __name__ == "__main__":
    main()
