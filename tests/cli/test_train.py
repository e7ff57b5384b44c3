from pathlib import Path

import pytest

from app.cli import training_run
from app.encoder.checkpoint import load_checkpoint
from app.encoder.served import EncoderKind
from app.evaluation import encoder_quality
from app.evaluation.protocol import Protocol
from app.spaces.declared.folder import space_of_file
from app.spaces.nasbench201 import NasBench201

from .conftest import Emprox, Ran
from .tables import chains

TWO_TRIALS = Protocol(train=40, test=15, trials=2, seed=1000)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """Where the commands of these tests write."""
    return tmp_path / "models"


def train(emprox: Emprox, models_dir: Path, *further: object) -> Ran:
    few = ["--steps", 3, "--samples", 100]
    return emprox("train", "--space", "nasbench201", "--models-dir", models_dir, *few, *further)


def test_without_labels_functions_of_the_space_decide_which_embedding_serves(emprox: Emprox, models_dir: Path) -> None:
    ran = train(emprox, models_dir)

    assert (ran.status, ran.out) == (0, "")
    checkpoint = load_checkpoint(models_dir, NasBench201())
    assert checkpoint.version == 1
    assert [folder.name for folder in (models_dir / "nasbench201").iterdir()] == ["1"]
    assert checkpoint.manifest.serves is EncoderKind.STRUCTURAL  # three steps teach nothing
    assert checkpoint.manifest.training is not None
    assert checkpoint.manifest.training.steps == 3
    assert checkpoint.manifest.quality is not None
    assert checkpoint.manifest.quality.protocol == (
        "20 functions drawn over the structural embedding: 50 train, 33 test, seed 0"
    )
    told, reconstructed = ran.err.splitlines()
    assert told == f"{models_dir}/nasbench201/1: serves structural, since {checkpoint.manifest.reason}"
    assert reconstructed.startswith("the decoder gives back ")


def test_the_next_training_writes_the_next_version_of_the_same_weights(emprox: Emprox, models_dir: Path) -> None:
    train(emprox, models_dir)
    train(emprox, models_dir)

    first, second = (load_checkpoint(models_dir, NasBench201(), version).manifest for version in (1, 2))
    assert load_checkpoint(models_dir, NasBench201()).version == 2
    assert first.weights_sha256 == second.weights_sha256


def test_another_seed_gives_other_weights_in_the_version_asked_for(emprox: Emprox, models_dir: Path) -> None:
    train(emprox, models_dir)
    train(emprox, models_dir, "--seed", 1, "--version", 7)

    latest = load_checkpoint(models_dir, NasBench201())
    assert latest.version == 7
    assert latest.manifest.weights_sha256 != load_checkpoint(models_dir, NasBench201(), 1).manifest.weights_sha256


def test_a_labelled_table_decides_which_embedding_serves(
    emprox: Emprox, models_dir: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_quality, "PROTOCOL", TWO_TRIALS)
    monkeypatch.setattr(training_run, "PROTOCOL", TWO_TRIALS)

    assert train(emprox, models_dir, "--table", table, "--metric", "acc").status == 0

    manifest = load_checkpoint(models_dir, NasBench201()).manifest
    assert manifest.quality is not None
    assert manifest.quality.protocol.startswith("table.csv acc: 40 train, 15 test, 2 trials")
    assert manifest.reason.startswith(f"Kendall tau is {manifest.quality.graph_tau:.4f} with the graph encoder")


def test_a_table_that_is_too_small_is_told_before_the_training(emprox: Emprox, models_dir: Path, table: Path) -> None:
    error = train(emprox, models_dir, "--table", table, "--metric", "acc").error

    assert error == "60 architectures are too few for 121 to train and 100 to test: ask for fewer"
    assert not list(models_dir.rglob("*.json"))


def test_a_folder_that_cannot_be_made_is_told_before_the_training(emprox: Emprox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    error = train(emprox, tmp_path / "file").error

    assert error.startswith(f"{tmp_path}/file/nasbench201/1 cannot be made (Not a directory): name a folder")


def test_an_unknown_space_is_told_with_those_that_there_are(emprox: Emprox, models_dir: Path) -> None:
    ran = emprox("train", "--space", "dart", "--models-dir", models_dir)

    assert ran.error.startswith("search space 'dart' is not known: the spaces are darts, nasbench101, nasbench201, ")
    assert ran.error.endswith("; one that you declare is named by its file, such as blocks.yaml")


def test_the_encoder_of_a_declared_space_is_trained_from_its_file(
    emprox: Emprox, models_dir: Path, tmp_path: Path
) -> None:
    file = chains(tmp_path)
    command = ["train", "--space", file, "--models-dir", models_dir, "--steps", 2]

    graph = emprox(*command)
    sequence = emprox(*command, "--encoder", "sequence", "--dimension", 4)

    assert (graph.status, sequence.status) == (0, 0), graph.err + sequence.err
    space, _ = space_of_file(file)
    assert load_checkpoint(models_dir, space).version == 1
    assert sorted(path.name for path in (models_dir / "chains").iterdir()) == ["1", "sequence-4"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("darts.yaml", None, ": search space 'darts' comes with this program: rename the file"),
        ("chains.yaml", "kind: tree", ": kind 'tree' of the declaration is not one of graph, choices"),
        ("Chains.yaml", None, ": space name 'Chains' is not 1 to 64 characters"),
    ],
)
def test_a_file_that_declares_no_space_is_told_by_its_name(
    emprox: Emprox, models_dir: Path, tmp_path: Path, name: str, content: str | None, expected: str
) -> None:
    file = chains(tmp_path, name)
    if content:
        file.write_text(content)

    error = emprox("train", "--space", file, "--models-dir", models_dir).error

    assert error.startswith(f"{file}{expected}")


def test_a_file_that_is_not_there_is_told(emprox: Emprox, models_dir: Path, tmp_path: Path) -> None:
    error = emprox("train", "--space", tmp_path / "chains.yaml", "--models-dir", models_dir).error

    assert "chains.yaml" in error
    assert error.endswith("cannot be read: No such file or directory")
