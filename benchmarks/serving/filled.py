"""Data directories that hold a study of any size, written at once rather than observed over HTTP."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.spaces.registry import get_space
from app.storage.sqlite import open_sqlite_store
from benchmarks.serving.notations import made_up_value, notations

NAME = "bench"
METRIC = "val_accuracy"
_AT_ONCE = 5_000
_DONE = "filled"  # file in a data directory that is whole


def fill(data: Path, space: str, n: int) -> None:
    """Store the first n of `notations` in a data directory, with a progress bar; the first start computes the rest."""
    parse = get_space(space).parse
    drawn, rng = islice(notations(space), n), np.random.default_rng(0)
    with closing(open_sqlite_store(data)) as store:
        store.declare(Study(NAME, space, (Metric(METRIC),)))
        for done in track(range(0, n, _AT_ONCE), f"storing {n:,} observations", console=Console(stderr=True)):
            batch = list(islice(drawn, _AT_ONCE))
            store.append(
                NAME,
                [
                    Observation(
                        f"run-{done + i}",
                        parse(notation).id,
                        notation,
                        {METRIC: made_up_value(notation, rng)},
                        datetime.now(UTC),
                    )
                    for i, notation in enumerate(batch)
                ],
            )


def filled(folder: Path, space: str, n: int) -> Path:
    """A data directory in this folder that holds a study of n; made unless it is there."""
    data = folder / f"{space}-{n}"
    if not (data / _DONE).exists():
        shutil.rmtree(data, ignore_errors=True)
        fill(data, space, n)
        (data / _DONE).touch()
    return data


@contextmanager
def copied(folder: Path, space: str, n: int) -> Iterator[Path]:
    """A copy of `filled` that may change; it is gone after the context."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield Path(shutil.copytree(filled(folder, space, n), Path(name) / "data"))
