"""What the trainings of encoders share: their architectures, their folder, their progress bar."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.domain.architecture import Architecture
from app.domain.errors import CheckpointError, InvalidArchitectureError
from app.evaluation.table import TableError, read_table
from app.spaces.space import SearchSpace

_FEWEST = 100  # different architectures that an encoder can learn from


def training_sample(
    space: SearchSpace, unlabelled: Path | None, architecture: str, n: int, seed: int
) -> tuple[list[Architecture], str]:
    """The architectures to train on, and where they come from in words: a file, or n drawn from the space.

    A space with fewer notations is taken whole.

    Raises:
        TableError: the file cannot be read, or a row is no architecture of the space.
    """
    if unlabelled:
        sample = _from_file(space, unlabelled, architecture)
        return sample, f"{len(sample)} architectures of {unlabelled.name}"
    every: list[Architecture] = []
    for each in space.enumerate():
        every.append(each)
        if len(every) > n:
            rng = np.random.default_rng(seed)
            return [space.sample(rng) for _ in range(n)], f"{n} architectures drawn from the space"
    return every, f"all {len(every)} notations of the space"


def made(directory: Path) -> Path:
    """The folder, made where it was missing.

    Raises:
        CheckpointError: it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise CheckpointError(
            f"{directory} cannot be made ({err.strerror}): name a folder that this user may write with --models-dir"
        ) from err
    return directory


def training_progress(console: Console) -> Progress:
    """A bar for long work; nothing where the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def _from_file(space: SearchSpace, path: Path, architecture: str) -> list[Architecture]:
    sample = []
    for row in read_table(path, architecture, {}):
        try:
            sample.append(space.parse(row.architecture))
        except InvalidArchitectureError as err:
            raise TableError(f"row {row.number} of {path}: {err}") from err
    if len({each.id for each in sample}) < _FEWEST:
        raise TableError(f"{path} has fewer than {_FEWEST} different architectures: an encoder cannot learn from them")
    return sample
