"""`emprox train`: train the encoder of a search space."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import ArchitectureColumn, ModelsDir
from app.settings import MODELS_DIR

STEPS = 3500


def train_command(
    space: Annotated[str, typer.Option(help="Search space to train for.")],
    table: Annotated[
        Path | None,
        typer.Option(
            help="Labelled table (CSV or .jsonl, plain or .gz) on which encoder and structural embedding are compared."
        ),
    ] = None,
    architecture: ArchitectureColumn = "arch",
    metric: Annotated[str, typer.Option(help="Column of the table to estimate.")] = "val_accuracy",
    samples: Annotated[
        int, typer.Option(min=100, help="Architectures drawn to train on; a space with fewer is taken whole.")
    ] = 20_000,
    steps: Annotated[int, typer.Option(min=1, help="Optimization steps of 256 architectures.")] = STEPS,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same weights on one machine.")] = 0,
    version: Annotated[int | None, typer.Option(min=1, help="Version to write; default the next one.")] = None,
    models_dir: ModelsDir = MODELS_DIR,
) -> None:
    """Train the encoder of a search space, from unlabelled architectures alone.

    Writes weights and manifest to MODELS_DIR/SPACE/VERSION. With a labelled table, the encoder serves where its Kendall
    tau is within 0.005 of the structural embedding's, as measured on that table; without, the structural embedding
    serves.

    Example:

        emprox train --space nasbench201 --table nasbench201.csv.gz --architecture arch --metric cifar10_valid
    """
    from app.cli.training_run import run_training

    run_training(space, table, architecture, metric, samples, steps, seed, version, models_dir)
