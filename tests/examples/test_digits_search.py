"""The search for cells on digits, and the demonstration around it."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from emprox_client import Client

from .conftest import Shell

SKIPS = "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
SUM = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
NOTHING = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
SHORT = ("--budget", "13", "--epochs", "1", "--workers", "2")


@pytest.mark.parametrize(("cell", "times"), [(SKIPS, 1.0), (SUM, 2.0), (NOTHING, 0.0)])
def test_a_cell_computes_what_its_notation_says(module: Any, cell: str, times: float) -> None:
    images = torch.rand(2, 4, 8, 8)

    assert torch.equal(module("digits_training").Cell(cell, 4)(images), times * images)


def test_a_cell_that_lets_nothing_through_guesses_and_a_good_one_learns(module: Any) -> None:
    training = module("digits_training")
    convolutions = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"

    guessed, learned = (training.accuracy(cell, training.digits(), 12, seed=0) for cell in (NOTHING, convolutions))

    assert guessed < 15
    assert learned > 70


def test_a_mutant_differs_on_one_edge(module: Any) -> None:
    search = module("digits_search")

    mutant = search.mutant(SKIPS, search.Random(0))

    assert sum(a != b for a, b in zip(re.split(r"[|+]", SKIPS), re.split(r"[|+]", mutant), strict=True)) == 1


def test_both_searches_spend_their_budget_and_are_compared(shell: Shell, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"

    said = shell("python", "examples/digits_search.py", "--name", "both", *SHORT, "--plot", str(plot)).stdout

    suggested, evolved = (shell.observations(f"both-{arm}") for arm in ("with-estimates", "without"))
    assert (len(suggested), len(evolved)) == (13, 13)
    assert [each.architecture for each in suggested[:10]] == [each.architecture for each in evolved[:10]]
    assert {each.worker for each in suggested[10:]} == {"both-with-estimates-0", "both-with-estimates-1"}
    assert "mean of those chosen" in said
    assert "without" in plot.read_text(encoding="utf-8")


def test_a_study_that_holds_trainings_is_not_mixed_with_others(shell: Shell) -> None:
    with Client(shell.url) as client:
        study = client.study("taken-without")
        study.declare("nasbench201", [{"name": "accuracy", "unit": "%"}])
        study.observe(SKIPS, {"accuracy": 9.0})

    refused = shell("python", "examples/digits_search.py", "--name", "taken", *SHORT, check=False)

    assert refused.returncode == 1
    assert "study 'taken-without' holds 1 trainings already" in refused.stderr


def test_the_demonstration_serves_searches_and_ends(shell: Shell, tmp_path: Path) -> None:
    said = shell("python", "examples/demo.py", *SHORT, "--plot", str(tmp_path / "plot.svg")).stdout

    assert re.search(r"Watch it at http://127\.0\.0\.1:\d+/\?study=digits-with-estimates", said)
    assert "mean of those chosen" in said


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--start", "3"), "--start is 3"),
        (("--name", "a b"), "--name is 'a b'"),
        (("--plot", "nowhere/plot.svg"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_trained(shell: Shell, wrong: tuple[str, str], told: str) -> None:
    refused = shell("python", "examples/demo.py", *wrong, check=False)

    assert refused.returncode == 2
    assert told in refused.stderr
