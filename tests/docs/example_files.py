"""The files that the pages take for granted."""

import gzip
from pathlib import Path

import numpy as np
import optuna

from app.spaces.registry import get_space
from tests.cli.tables import accuracy


def write_example_files(folder: Path) -> None:
    """A table of NAS-Bench-201 cells with made-up accuracies, and an Optuna study `blocks` with two objectives."""
    _write_table(folder / "nasbench201.csv.gz")
    _write_trials(folder / "trials.db")


def _write_table(path: Path) -> None:
    space, rng = get_space("nasbench201"), np.random.default_rng(0)
    cells = {str(space.sample(rng).notation) for _ in range(300)}
    lines = ["arch,cifar10_valid", *(f"{cell},{accuracy(cell)}" for cell in sorted(cells))]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


def _write_trials(path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=f"sqlite:///{path}", study_name="blocks", directions=["maximize", "minimize"])
    for i in range(4):
        trial = study.ask()
        trial.suggest_categorical("kernel", [3, 5, 7])
        trial.suggest_categorical("act", ["relu", "gelu"])
        study.tell(trial, [90.0 + i, 1 / (i + 1)])
