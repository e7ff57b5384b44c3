"""Data directories that hold a study of any size, written at once rather than observed over HTTP."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from app.bootstrap import load_index, new_index
from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.encoder.library import EncoderLibrary
from app.predictor.encoding import Encoding
from app.predictor.loading import load_study
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from app.storage.sqlite import open_sqlite_store
from app.storage.study_cache import FOLDER, FileStudyCache
from benchmarks.serving.notations import made_up_value, notations

NAME = "bench"
METRIC = "val_accuracy"
_AT_ONCE = 1_000
_DONE = "filled"  # file in a data directory that is whole


def fill(data: Path, space: str, n: int, progress: Callable[[int], None] = lambda _: None) -> None:
    """Store the first n of `notations` in a data directory, and leave what a server would: its snapshot.

    Args:
        progress: told how many are stored.
    """
    library = EncoderLibrary(MODELS_DIR, data / "encoders")
    encoding = Encoding(get_space(space), library.load(get_space(space)))
    drawn, rng = islice(notations(space), n), np.random.default_rng(0)
    with closing(open_sqlite_store(data)) as store:
        store.declare(Study(NAME, space, (Metric(METRIC),)))
        for done in range(0, n, _AT_ONCE):
            batch = list(islice(drawn, _AT_ONCE))
            store.append(
                NAME,
                [
                    Observation(
                        f"run-{done + i}",
                        encoding.space.parse(notation).id,
                        notation,
                        {METRIC: made_up_value(notation, rng)},
                        datetime.now(UTC),
                    )
                    for i, notation in enumerate(batch)
                ],
            )
            progress(done + len(batch))
        load_study(NAME, store, encoding, FileStudyCache(data / FOLDER, load_index), new_index)


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
