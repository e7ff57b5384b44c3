"""Tables of trained cells, with made-up accuracies that depend on their operations."""

import gzip
import json
import re
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path

import numpy as np

from app.spaces.space import SearchSpace


def cells(space: SearchSpace, n: int) -> list[str]:
    """Notations drawn from a space."""
    rng = np.random.default_rng(0)
    return [str(space.sample(rng).notation) for _ in range(n)]


def accuracy(cell: str) -> float:
    """Two percent more for each convolution, less for each nothing."""
    return 80 + 2.0 * len(re.findall("conv", cell)) - 1.5 * len(re.findall("none", cell))


def table_of(path: Path, notations: Sequence[str], column: str = "arch") -> Path:
    """A table with a row for each notation; compressed if its name says so."""
    lines = [f"{column},acc", *(f"{cell},{accuracy(cell)}" for cell in notations)]
    content = "\n".join(lines).encode() + b"\n"
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def chains(folder: Path, name: str = "chains.yaml") -> Path:
    """A file that declares the space of chains of six layers, each one of two."""
    edges = [[i, i + 1] for i in range(7)]
    path = folder / name
    path.write_text(f"kind: graph\noperations: [conv, pool]\nskeleton: {{nodes: 8, edges: {edges}}}\n")
    return path


def table_of_chains(folder: Path) -> Path:
    """Sixty trained chains, better by two percent for each convolution, in the columns `arch` and `acc`."""
    path = folder / "chains.jsonl"
    layers = islice(product(["conv", "pool"], repeat=6), 60)
    rows = [{"arch": {"nodes": ["input", *each, "output"]}, "acc": 80 + 2 * each.count("conv")} for each in layers]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
