"""Cells of NAS-Bench-201, each another network, with made-up accuracies."""

import re

import numpy as np

from app.spaces.nasbench201 import NasBench201

SPACE = NasBench201()
NOT_A_CELL = "|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def distinct_cells(n: int, seed: int = 0) -> list[str]:
    """Notations of n networks."""
    rng = np.random.default_rng(seed)
    found: dict[str, str] = {}
    while len(found) < n:
        architecture = SPACE.sample(rng)
        found.setdefault(architecture.id, str(architecture.notation))
    return list(found.values())


def accuracy(cell: str) -> float:
    """Of its operations: two percent more for each convolution that is counted, less for each nothing."""
    return 80 + 2.0 * len(re.findall("conv", cell)) - 1.5 * len(re.findall("none", cell))


CELLS = distinct_cells(400)
CANDIDATES = distinct_cells(420)[400:]
