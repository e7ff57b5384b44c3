"""What `emprox train` does."""

import time
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.bootstrap import limit_threads, new_index
from app.cli.table_options import labelled_architectures
from app.domain.architecture import Architecture
from app.domain.errors import CheckpointError
from app.encoder.checkpoint import latest_version, load_checkpoint, save_checkpoint
from app.encoder.manifest import Training
from app.encoder.served import EncoderKind
from app.encoder.training import Trained, train
from app.evaluation.encoder_quality import PROTOCOL, compare
from app.evaluation.protocol import split
from app.spaces.registry import get_space
from app.spaces.space import SearchSpace


def run_training(
    space: str,
    table: Path | None,
    architecture: str,
    metric: str,
    samples: int,
    steps: int,
    seed: int,
    version: int | None,
    models_dir: Path,
) -> None:
    """Train, write the checkpoint, compare it on the table where there is one, and say what serves."""
    limit_threads()
    torch.set_num_threads(1)  # sums depend on their number in the last bits, and a second one gained a quarter
    console = Console(stderr=True)
    search_space = get_space(space)
    number = version or latest_version(models_dir, space) + 1
    directory = _made(models_dir / space / str(number))
    labelled = labelled_architectures(search_space, table, architecture, metric) if table else None
    if labelled:  # told now rather than after an hour of training
        split([each.id for each in labelled[0]], PROTOCOL, np.random.default_rng(seed))
    with _progress(console) as progress:
        sample, description = _sample(search_space, samples, seed)
        start = time.perf_counter()
        bar = progress.add_task("training", total=steps)
        trained = train(
            search_space,
            sample,
            seed=seed,
            steps=steps,
            progress=lambda step, loss: progress.update(bar, completed=step, description=f"training, loss {loss:.3f}"),
        )
        record = _record(trained, description, seed, steps, time.perf_counter() - start)
        save_checkpoint(directory, trained.structural, trained.encoder, record, None)
        if labelled and table:
            bar = progress.add_task("comparing with the structural embedding", total=2 * PROTOCOL.trials)
            checkpoint = load_checkpoint(models_dir, search_space, number)
            quality = compare(
                *labelled,
                checkpoint.serving(EncoderKind.GRAPH),
                checkpoint.serving(EncoderKind.STRUCTURAL),
                new_index,
                f"{table.name} {metric}",
                lambda trial: progress.update(bar, completed=trial),
            )
            save_checkpoint(directory, trained.structural, trained.encoder, record, quality)
    checkpoint = load_checkpoint(models_dir, search_space, number)
    console.print(
        f"{directory}: serves {checkpoint.manifest.serves}, since {checkpoint.manifest.reason}", soft_wrap=True
    )
    console.print(f"the decoder gives back {record.reconstructed:.2%} of {record.architectures} architectures")


def _made(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise CheckpointError(
            f"{directory} cannot be made ({err.strerror}): name a folder that this user may write with --models-dir"
        ) from err
    return directory


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def _sample(space: SearchSpace, n: int, seed: int) -> tuple[list[Architecture], str]:
    every: list[Architecture] = []
    for architecture in space.enumerate():
        every.append(architecture)
        if len(every) > n:
            rng = np.random.default_rng(seed)
            return [space.sample(rng) for _ in range(n)], f"{n} notations drawn from the space"
    return every, f"all {len(every)} notations of the space"


def _record(trained: Trained, sample: str, seed: int, steps: int, seconds: float) -> Training:
    return Training(
        sample=sample,
        architectures=trained.n_architectures,
        seed=seed,
        steps=steps,
        seconds=round(seconds, 1),
        embedding_loss=trained.losses.embedding,
        reconstructed=trained.losses.reconstructed,
    )
