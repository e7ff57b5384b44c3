"""Cells of NAS-Bench-201 to send."""

from app.spaces.nasbench201 import OPERATIONS

CONV3, CONV1, POOL = "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"
NOT_A_CELL = "|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def cell(first: str, last: str = CONV3) -> str:
    """Two operations in a row, the first ahead of node 1; different for different operations."""
    return f"|{first}~0|+|none~0|skip_connect~1|+|none~0|none~1|{last}~2|"


# A row of two operations, none of them identity, is a different network for each pair.
CELLS = [cell(first, last) for first in OPERATIONS[2:] for last in OPERATIONS[2:]]
