"""`emprox train`: train the encoder of a search space."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import ArchitectureColumn, ModelsDir
from app.cli.space_option import SpaceOption
from app.settings import MODELS_DIR

SAMPLES = 20_000


class TrainedEncoder(StrEnum):
    """What can be trained."""

    GRAPH = "graph"
    SEQUENCE = "sequence"


def train_command(
    space: SpaceOption,
    table: Annotated[
        Path | None,
        typer.Option(help="Labelled table (CSV or .jsonl, plain or .gz; or .parquet) to compare the embeddings on."),
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(help="Table (CSV or .jsonl, plain or .gz) of architectures to train on; default drawn ones."),
    ] = None,
    architecture: ArchitectureColumn = "arch",
    metric: Annotated[str, typer.Option(help="Column of the table to estimate.")] = "val_accuracy",
    encoder: Annotated[
        TrainedEncoder, typer.Option(help="Ours, or the paper's LSTM encoder-decoder, to compare with.")
    ] = TrainedEncoder.GRAPH,
    dimension: Annotated[int, typer.Option(min=2, max=1024, help="Columns of the sequence encoder's embedding.")] = 32,
    samples: Annotated[
        int, typer.Option(min=100, help="Architectures drawn to train on; a space with fewer is taken whole.")
    ] = SAMPLES,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Optimization steps; default 3500, and fewer for graphs of more than 16 vertices."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same weights on one machine.")] = 0,
    version: Annotated[int | None, typer.Option(min=1, help="Version to write; default the next one.")] = None,
    models_dir: ModelsDir = MODELS_DIR,
) -> None:
    """Train the encoder of a search space, from unlabelled architectures alone.

    Writes weights and manifest to MODELS_DIR/SPACE/VERSION. The encoder serves where its Kendall tau is within 0.005 of
    the structural embedding's: on the labelled table, or without one on functions drawn at random over the space.

    With --encoder sequence it writes the paper's encoder to MODELS_DIR/SPACE/sequence-DIMENSION, which never serves by
    itself: 'emprox evaluate --encoder-version sequence-32' compares it.

    Example:

        emprox train --space nasbench201 --table nasbench201.csv.gz --architecture arch --metric cifar10_valid

        emprox train --space blocks.yaml
    """
    from app.cli.training_run import run_sequence_training, run_training

    if encoder is TrainedEncoder.SEQUENCE:
        run_sequence_training(space, unlabelled, architecture, dimension, samples, steps, seed, models_dir)
    else:
        run_training(space, table, unlabelled, architecture, metric, samples, steps, seed, version, models_dir)
