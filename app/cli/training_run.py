"""What `emprox train` does."""

import time
from pathlib import Path
from shutil import rmtree

import numpy as np
import torch
from rich.console import Console

from app.bootstrap import limit_threads, new_index
from app.cli.space_option import space_of_option
from app.cli.table_options import labelled_architectures
from app.cli.training_sample import made, training_progress, training_sample
from app.encoder.checkpoint import latest_version, load_checkpoint, save_checkpoint
from app.encoder.manifest import Training
from app.encoder.sequence_training import train_sequence
from app.encoder.served import EncoderKind
from app.encoder.structural import StructuralEmbedding
from app.encoder.training import Trained, steps_for, train
from app.evaluation.encoder_quality import FUNCTIONS, PROTOCOL, compare, compare_on_functions
from app.evaluation.protocol import split

# Always as many, whatever the machine has: sums depend on their number in the last bits.
_THREADS = 2


def run_training(
    space: str,
    table: Path | None,
    unlabelled: Path | None,
    architecture: str,
    metric: str,
    samples: int,
    steps: int | None,
    seed: int,
    version: int | None,
    models_dir: Path,
) -> None:
    """Train, write the checkpoint, compare it with the structural embedding, and say what serves."""
    limit_threads()
    torch.set_num_threads(_THREADS)
    console = Console(stderr=True)
    search_space = space_of_option(space)
    number = version or latest_version(models_dir, search_space.name) + 1
    directory = made(models_dir / search_space.name / str(number))
    labelled = labelled_architectures(search_space, table, architecture, metric)[:2] if table else None
    if labelled:  # told now rather than after an hour of training
        split([each.id for each in labelled[0]], PROTOCOL, np.random.default_rng(seed))
    with training_progress(console) as progress:
        sample, description = training_sample(search_space, unlabelled, architecture, samples, seed)
        steps = steps or steps_for(sample)
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
        # Under a name, which a running server never takes for the latest; who stops the comparison keeps the encoder.
        unmeasured = directory.with_name(f"{number}-unmeasured")
        save_checkpoint(unmeasured, trained.structural, trained.encoder, record)
        checkpoint = load_checkpoint(models_dir, search_space, unmeasured.name)
        encoders = checkpoint.serving(EncoderKind.GRAPH), checkpoint.serving(EncoderKind.STRUCTURAL)
        if labelled and table:
            bar = progress.add_task("comparing with the structural embedding", total=2 * PROTOCOL.trials)
            quality = compare(
                *labelled,
                *encoders,
                new_index,
                f"{table.name} {metric}",
                lambda trial: progress.update(bar, completed=trial),
            )
        else:
            bar = progress.add_task("comparing with the structural embedding", total=FUNCTIONS)
            quality = compare_on_functions(
                sample, *encoders, new_index, seed, lambda trial: progress.update(bar, completed=trial)
            )
        manifest = save_checkpoint(directory, trained.structural, trained.encoder, record, quality)
        rmtree(unmeasured)
    console.print(f"{directory}: serves {manifest.serves}, since {manifest.reason}", soft_wrap=True)
    console.print(f"the decoder gives back {record.reconstructed:.2%} of {record.architectures} architectures")


def run_sequence_training(
    space: str,
    unlabelled: Path | None,
    architecture: str,
    dimension: int,
    samples: int,
    steps: int | None,
    seed: int,
    models_dir: Path,
) -> None:
    """Train the paper's sequence encoder and write it under its name, where it serves only when it is asked for."""
    limit_threads()
    torch.set_num_threads(1)
    console = Console(stderr=True)
    search_space = space_of_option(space)
    name = f"sequence-{dimension}"
    directory = made(models_dir / search_space.name / name)
    with training_progress(console) as progress:
        sample, description = training_sample(search_space, unlabelled, architecture, samples, seed)
        steps = steps or steps_for(sample)
        start = time.perf_counter()
        bar = progress.add_task("training", total=steps)
        trained = train_sequence(
            search_space,
            sample,
            dimension=dimension,
            seed=seed,
            steps=steps,
            progress=lambda step, loss: progress.update(bar, completed=step, description=f"training, loss {loss:.3f}"),
        )
        record = Training(
            sample=description,
            architectures=trained.n_architectures,
            seed=seed,
            steps=steps,
            seconds=round(time.perf_counter() - start, 1),
            embedding_loss={},
            reconstructed=round(trained.reconstructed, 6),
        )
        save_checkpoint(directory, StructuralEmbedding.fit(search_space, sample), trained.encoder, record)
    console.print(
        f"{directory}: gives back {record.reconstructed:.2%} of {record.architectures} architectures; "
        f"'emprox evaluate --encoder-version {name}' compares it",
        soft_wrap=True,
    )


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
