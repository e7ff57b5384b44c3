"""Trained cells of NAS-Bench-201, with made-up accuracies; of the standard library alone, for every Python."""

from __future__ import annotations

import random
from typing import Any

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
WRONG = "|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def cells(n: int, seed: int = 0) -> list[str]:
    """Notations drawn at random."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    return [
        "+".join(
            "|" + "|".join(f"{rng.choice(OPERATIONS)}~{start}" for start in range(end)) + "|" for end in range(1, 4)
        )
        for _ in range(n)
    ]


def trained(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Observations without ids: two percent for each convolution, less for each nothing."""
    return [
        {"architecture": cell, "metrics": {"val_accuracy": 80 + 2.0 * cell.count("conv") - 1.5 * cell.count("none")}}
        for cell in cells(n, seed)
    ]
