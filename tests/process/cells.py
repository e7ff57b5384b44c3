"""Trained cells, with made-up accuracies that depend on their operations."""

import re
from typing import Any
from uuid import UUID

import numpy as np

from app.spaces.nasbench201 import NasBench201


def cells(n: int, seed: int) -> list[str]:
    """Notations drawn from the space."""
    rng = np.random.default_rng(seed)
    return [str(NasBench201().sample(rng).notation) for _ in range(n)]


def trained(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Observations with an id each: two percent for each convolution, less for each nothing."""
    return [
        {
            "architecture": cell,
            "metrics": {"val_accuracy": 80 + 2.0 * len(re.findall("conv", cell)) - 1.5 * len(re.findall("none", cell))},
            "observation_id": str(UUID(int=seed * 1_000_000 + i)),
        }
        for i, cell in enumerate(cells(n, seed))
    ]
