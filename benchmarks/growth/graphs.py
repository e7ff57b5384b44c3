"""From a notation to its embedding, in declared spaces of larger and larger graphs."""

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from app.encoder.library import EncoderLibrary
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space

_VERTICES = (8, 16, 32, 64)
_DRAWN, _ALONE = 200, 50
_OPERATIONS = ["conv_3x3", "conv_1x1", "max_pool", "skip"]


class Cost(NamedTuple):
    """What graphs of so many vertices cost, in milliseconds each."""

    vertices: int
    declare_s: float
    parse_ms: float
    embed_alone_ms: float
    embed_ms: float


def measure() -> list[Cost]:
    """Random operations on graphs of each size, one thread."""
    return [_cost(vertices) for vertices in _VERTICES]


def table(costs: Sequence[Cost]) -> str:
    """A line for each size, in Markdown."""
    head = (
        "| vertices | declare the space, s | parse, ms | embed one alone, ms | embed each of "
        f"{_DRAWN}, ms |\n|{' ---: |' * 5}"
    )
    lines = [
        f"| {each.vertices} | {each.declare_s:.1f} | {each.parse_ms:.2f} | {each.embed_alone_ms:.2f} "
        f"| {each.embed_ms:.2f} |"
        for each in costs
    ]
    return "\n".join([head, *lines])


def _cost(vertices: int) -> Cost:
    # A chain with a way around every eighth vertex: 2 to the power of vertices / 8 paths.
    edges = [[i, i + 1] for i in range(vertices - 1)] + [[i, i + 2] for i in range(0, vertices - 2, 8)]
    declaration = parse_declaration(
        {"kind": "graph", "operations": _OPERATIONS, "skeleton": {"nodes": vertices, "edges": edges}}
    )
    space = declared_space(f"graphs-of-{vertices}", declaration)
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        encoder = EncoderLibrary(Path(folder), Path(folder)).load(space, declaration.to_json())
        declare_s = time.perf_counter() - began
    drawn = [space.sample(np.random.default_rng(i)).notation for i in range(_DRAWN + _ALONE)]
    began = time.perf_counter()
    parsed = [space.parse(notation) for notation in drawn]
    parse_s = time.perf_counter() - began
    began = time.perf_counter()
    for each in parsed[_DRAWN:]:
        encoder.embed([each])
    alone_s = time.perf_counter() - began
    began = time.perf_counter()
    encoder.embed(parsed[:_DRAWN])
    together_s = time.perf_counter() - began
    return Cost(vertices, declare_s, 1000 * parse_s / len(drawn), 1000 * alone_s / _ALONE, 1000 * together_s / _DRAWN)
