"""The graphs that cost most, at the limits of what a space may have, and those just beyond them.

`python -m benchmarks.worst`, two minutes.
"""

import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.bootstrap import limit_threads
from app.domain.errors import InvalidArchitectureError
from app.encoder.library import EncoderLibrary
from app.encoder.served import ServedEncoder
from app.settings import MODELS_DIR
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.nasbench101 import CONV3, NasBench101
from app.spaces.space import SearchSpace
from benchmarks.report import publish

_TAKEN_MS, _REFUSED_MS = 50.0, 5.0
_TRIES = 5
_HEADER = f"| graph | parse and embed, ms | refuse, ms | in time |\n| --- |{' ---: |' * 3}"
_Edges = list[list[int]]


def main() -> None:
    """Publish the milliseconds of each: the median of a few tries."""
    limit_threads()
    lines = [_HEADER]
    with TemporaryDirectory() as folder:
        encoders = EncoderLibrary(MODELS_DIR, Path(folder))
        for space, text, notations in _cases():
            encoder = encoders.load(space, text)

            for name, notation in notations:
                spent, refused = _spent(space, encoder, notation)
                well = "yes" if spent <= (_REFUSED_MS if refused else _TAKEN_MS) else "**no**"
                told = f"| {spent:.2f}" if refused else f"{spent:.1f} |"
                lines.append(f"| {name} | {told} | {well} |")
    lines.append(f"\nTo be taken within {_TAKEN_MS:g} ms each, and refused within {_REFUSED_MS:g}.")
    publish("worst", "The graphs that cost most", "python -m benchmarks.worst", "\n".join(lines))


def _spent(space: SearchSpace, encoder: ServedEncoder, notation: object) -> tuple[float, bool]:
    """Milliseconds, and whether it was refused."""
    spent, refused = [], False
    for _ in range(_TRIES):
        began = time.perf_counter()
        try:
            encoder.embed([space.parse(notation)])
        except InvalidArchitectureError:
            refused = True
        spent.append(1000 * (time.perf_counter() - began))
    return float(np.median(spent)), refused


def _cases() -> Iterator[tuple[SearchSpace, str | None, list[tuple[str, object]]]]:
    """Spaces with how they are declared, and notations of each."""
    chain = [[i, i + 1] for i in range(63)] + [[7 * i, 7 * i + 2] for i in range(9)]
    branches = [edge for i in range(31) for edge in ([0, 1 + 2 * i], [1 + 2 * i, 2 + 2 * i], [2 + 2 * i, 63])]
    for name, edges in (("64 vertices, 512 paths", chain), ("31 equal branches of 2", branches)):
        skeleton = {"nodes": 64, "edges": sorted(edges)}
        space, text = _declared({"skeleton": skeleton})
        yield space, text, [(name, {"nodes": ["input", *["conv"] * 62, "output"], "edges": sorted(edges)})]
    different = [f"op{i}" for i in range(62)]
    space, text = _declared({"skeleton": {"nodes": 64, "edges": sorted(chain)}, "operations": different})
    nodes = ["input", *different, "output"]
    yield space, text, [("64 vertices, 512 paths, no operation twice", {"nodes": nodes, "edges": sorted(chain)})]
    space, text = _declared({"max_vertices": 11, "max_edges": 55})
    full = [list(pair) for pair in combinations(range(11), 2)]
    yield (
        space,
        text,
        [
            ("11 vertices, every edge there can be", _graph(11, full)),
            ("one vertex more", _graph(12, full)),
            ("each edge a hundred times", _graph(11, full * 100)),
            ("an edge that points back", _graph(11, [*full[:-1], [5, 4]])),
            ("ten thousand vertices", _graph(10_000, full)),
        ],
    )
    yield (
        NasBench101(),
        None,
        [
            ("NAS-Bench-101, 25 dead vertices", _matrix(32, [(0, 31), *((i, i + 1) for i in range(1, 25))])),
            ("NAS-Bench-101, a row more", _matrix(33, [(0, 32)])),
            ("NAS-Bench-101, a thousand rows", _matrix(1000, [(0, 999)])),
        ],
    )


def _declared(parts: dict[str, object]) -> tuple[SearchSpace, str]:
    declaration = parse_declaration({"kind": "graph", "operations": ["conv", "pool"], **parts})
    return declared_space("worst", declaration), declaration.to_json()


def _graph(n: int, edges: _Edges) -> dict[str, object]:
    return {"nodes": ["input", *["conv"] * (n - 2), "output"], "edges": edges}


def _matrix(n: int, edges: list[tuple[int, int]]) -> dict[str, object]:
    matrix = np.zeros((n, n), dtype=int)
    matrix[tuple(zip(*edges, strict=True))] = 1
    return {"matrix": matrix.tolist(), "ops": ["input", *[CONV3] * (n - 2), "output"]}


if __name__ == "__main__":
    main()
