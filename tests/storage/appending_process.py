"""Appends batches to the store in a directory without end, and prints each as it is acknowledged."""

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.storage.sqlite import open_sqlite_store


def append_without_end(directory: Path, batch_size: int) -> None:
    store = open_sqlite_store(directory)
    store.declare(Study("cells", "nasbench201", (Metric("val_accuracy"),)))
    for revision in count(store.study("cells").revision + 1):
        store.append(
            "cells",
            [
                Observation(f"{revision}-{i}", "a" * 32, "|conv~0|", {"val_accuracy": i / 7}, datetime.now(UTC))
                for i in range(batch_size)
            ],
        )
        print(revision, flush=True)


if __name__ == "__main__":
    append_without_end(Path(sys.argv[1]), int(sys.argv[2]))
