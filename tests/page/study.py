"""A study to look at: cells with accuracies that depend on their operations, from four workers."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np

from tests.process.cells import cells
from tests.process.server_process import ServerProcess

BATCH = 5
BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
CANDIDATE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|"


def accuracy(cell: str) -> float:
    """Made up: convolutions help, the last ones less; holes hurt."""
    kinds = [len(re.findall(kind, cell)) for kind in ("conv_3x3", "conv_1x1", "skip", "none")]
    big, small, skip, none = kinds
    return 94.5 - 14 * float(np.exp(-(0.55 * big + 0.35 * small + 0.15 * skip))) - 2.2 * none


def trainings(n: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Observations in the order of a search that gets better; one in forty fails."""
    rng = np.random.default_rng(seed)
    drawn = cells(n, seed)
    for i, cell in enumerate(drawn):
        # What a search does: of some cells it takes the best, of the more the longer it runs.
        others = [drawn[j] for j in rng.integers(n, size=5 * i // n)]
        chosen = max([cell, *others], key=accuracy)
        failed = i % 40 == 19
        yield {
            "architecture": chosen,
            "observation_id": str(UUID(int=seed * 10**9 + i)),
            "worker": f"gpu-{rng.integers(4)}",
            "status": "failed" if failed else "completed",
            "metrics": {} if failed else {"val_accuracy": round(accuracy(chosen) + float(rng.normal(0, 0.25)), 2)},
        }


def observe(server: ServerProcess, n: int, seed: int = 7) -> None:
    """Let a server see trainings, a few at a time, as workers send them."""
    found = list(trainings(n, seed))
    for start in range(0, n, BATCH):
        server.observe(found[start : start + BATCH])
