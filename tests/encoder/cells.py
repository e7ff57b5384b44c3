"""A cell small enough to count in the head.

    input -> conv3 -> conv1 -> conv3 -> output
    input -> pool ----------> conv3
    input -> skip ---------------------> output

Its paths are conv3 conv1 conv3 with w(p) = 1/4, pool conv3 with 1/4, and skip with 1/2: the second conv3 and the
output read from two vertices each.
"""

from hypothesis import strategies as st

from app.domain.graph import Graph
from app.encoder.blocks import View
from app.spaces.nasbench201 import EDGES, OPERATIONS, NasBench201
from app.spaces.space import Vocabulary

CELL = Graph(
    ("input", "conv3", "pool", "skip", "conv1", "conv3", "output"),
    ((0, 1), (0, 2), (0, 3), (1, 4), (2, 5), (3, 6), (4, 5), (5, 6)),
)
VOCABULARY = Vocabulary(operations=("skip", "conv1", "conv3", "pool"), identity="skip", convolutions=("conv1", "conv3"))
VIEW = View.of(CELL, VOCABULARY)
EMPTY_VIEW = View.of(Graph(("input", "output"), ()), VOCABULARY)

SPACE = NasBench201()
NOTHING = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def notation(operations: tuple[str, ...]) -> str:
    """A NAS-Bench-201 string of six operations."""
    nodes: list[list[str]] = [[], [], []]
    for (source, target), op in zip(EDGES, operations, strict=True):
        nodes[target - 1].append(f"{op}~{source}")
    return "+".join(f"|{'|'.join(node)}|" for node in nodes)


architectures = st.tuples(*[st.sampled_from(OPERATIONS)] * 6).map(notation).map(SPACE.parse)
