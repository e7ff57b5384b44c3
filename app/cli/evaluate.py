"""`emprox evaluate`: the paper's protocol on a table."""

import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.cli.options import ArchitectureColumn, ModelsDir
from app.cli.space_option import SpaceOption, space_of_option
from app.encoder.served import EncoderKind
from app.proximity.weighting import Weighting
from app.settings import MODELS_DIR
from app.spaces.space import SearchSpace

if TYPE_CHECKING:
    from app.encoder.served import ServedEncoder
    from app.evaluation.protocol import Measured


def evaluate_command(
    space: SpaceOption,
    table: Annotated[
        Path, typer.Option(help="CSV with a header line or JSON Lines (.jsonl), plain or .gz; or Parquet.")
    ],
    metric: Annotated[str, typer.Option(help="Column to estimate.")],
    architecture: ArchitectureColumn = "arch",
    proxy: Annotated[
        list[str] | None, typer.Option(help="Column that is known before a training and hints at it; repeat for more.")
    ] = None,
    train: Annotated[int, typer.Option(min=1, help="Architectures to learn from in each trial.")] = 121,
    test: Annotated[int, typer.Option(min=0, help="Architectures to estimate in each trial; 0 for all others.")] = 100,
    trials: Annotated[int, typer.Option(min=1, help="Independent splits.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the splits.")] = 0,
    weighting: Annotated[Weighting, typer.Option(help="How neighbors are weighed.")] = Weighting.KRIGING,
    k: Annotated[int | None, typer.Option(min=1, help="Neighbors to weigh; default as many as pay.")] = None,
    encoder: Annotated[EncoderKind | None, typer.Option(help="Embedding; default what the server serves.")] = None,
    encoder_version: Annotated[
        str | None, typer.Option(help="Version of the encoder, such as 1 or sequence-32; default the latest.")
    ] = None,
    isomorphic_split: Annotated[bool, typer.Option(help="Keep isomorphic architectures on one side.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    models_dir: ModelsDir = MODELS_DIR,
) -> None:
    """Run the paper's protocol on a table: train on some rows, test on others, many times.

    Example:

        emprox evaluate --space nasbench201 --table nasbench201.csv.gz --architecture arch --metric cifar10_valid
        --train 121 --test 100 --trials 20
    """
    from app.bootstrap import limit_threads, new_index
    from app.cli.table_options import labelled_architectures
    from app.evaluation.protocol import Protocol, evaluate

    limit_threads()
    search_space = space_of_option(space)
    served = _encoder(models_dir, search_space, encoder_version, encoder)
    architectures, values, proxies = labelled_architectures(search_space, table, architecture, metric, proxy or ())
    protocol = Protocol(train, test or None, trials, seed, weighting, k, isomorphic_split)
    stderr = Console(stderr=True)
    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        bar = progress.add_task("trials", total=trials)
        measured = evaluate(
            architectures,
            values,
            served,
            new_index,
            protocol,
            lambda trial: progress.update(bar, completed=trial),
            proxies if proxy else None,
        )
    described = {"encoder": f"{served.version} {served.kind}", **asdict(protocol), "proxies": proxy or []}
    if as_json:
        print(json.dumps({**described, **{name: _json(value) for name, value in measured.items()}}))
    else:
        told = " + ".join([metric, *(proxy or ())])
        Console().print(_table(f"{table.name} {told}, {served.version} {served.kind}, {weighting}", measured))


def _encoder(models_dir: Path, space: SearchSpace, version: str | None, kind: EncoderKind | None) -> "ServedEncoder":
    """The encoder that was asked for; of a space without a trained one, what the server makes then."""
    from app.encoder.checkpoint import latest_version, load_checkpoint
    from app.encoder.library import EncoderLibrary

    if version is None and kind is not EncoderKind.GRAPH and not latest_version(models_dir, space.name):
        with TemporaryDirectory() as kept:
            return EncoderLibrary(models_dir, Path(kept)).load(space)
    return load_checkpoint(models_dir, space, version).serving(kind)


def _json(measured: "Measured") -> dict[str, float | None]:
    # JSON has no NaN.
    return {name: value if isfinite(value) else None for name, value in asdict(measured).items()}


def _table(title: str, measured: "dict[str, Measured]") -> Table:
    table = Table("measure", "mean", "std", title=title)
    for name, value in measured.items():
        table.add_row(name, f"{value.mean:.4f}", f"{value.std:.4f}")
    return table
