"""Cells of NAS-Bench-201 in its notation, written and read without the code that is tested."""

import re

from hypothesis import strategies as st

NONE, SKIP, CONV1, CONV3, POOL = "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"
OPERATIONS = (NONE, SKIP, CONV1, CONV3, POOL)
# (source, target), in the order of the notation.
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))


def cell(*operations: str) -> str:
    """The notation of six operations."""
    a, b, c, d, e, f = operations
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def operations_of(notation: str) -> tuple[str, ...]:
    """The six operations of a notation."""
    return tuple(re.findall(r"([a-z_0-9]+)~", notation))


cells = st.tuples(*[st.sampled_from(OPERATIONS)] * 6).map(lambda operations: cell(*operations))
