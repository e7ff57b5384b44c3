"""A checkpoint that cannot be used is refused with the file at fault and the way out, and never half-loaded."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from app.domain.errors import CheckpointError
from app.encoder.checkpoint import MANIFEST, WEIGHTS, load_checkpoint, save_checkpoint
from app.spaces.nasbench201 import NasBench201
from app.spaces.space import Vocabulary

from .cells import SPACE
from .conftest import Run
from .test_checkpoint import TRAINING

Edit = Callable[[dict[str, Any]], object]


class OtherVocabulary(NasBench201):
    """The same space before it had pools."""

    vocabulary = Vocabulary(("skip_connect", "nor_conv_1x1", "nor_conv_3x3"), "skip_connect", ("nor_conv_1x1",))


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """A sound checkpoint, in the models folder two above."""
    directory = tmp_path / SPACE.name / "1"
    save_checkpoint(directory, run.trained.structural, run.trained.encoder, TRAINING, None)
    return directory


def refusal(folder: Path, space: NasBench201 = SPACE) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(folder.parents[1], space)
    return str(caught.value)


def edit_manifest(folder: Path, edit: Edit) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    edit(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def edit_weights(folder: Path, edit: Callable[[dict[str, np.ndarray]], object]) -> None:
    """Change tensors and the checksum with them."""
    tensors = load((folder / WEIGHTS).read_bytes())
    edit(tensors)
    replace_weights(folder, save(tensors))


def replace_weights(folder: Path, weights: bytes) -> None:
    (folder / WEIGHTS).write_bytes(weights)
    edit_manifest(folder, lambda manifest: manifest.update(weights_sha256=hashlib.sha256(weights).hexdigest()))


def test_a_missing_folder_is_answered_with_how_to_train(tmp_path: Path) -> None:
    message = refusal(tmp_path / SPACE.name / "1")

    assert "no trained encoder for 'nasbench201'" in message
    assert str(tmp_path) in message
    assert "emprox train --space nasbench201" in message
    assert "EMPROX_MODELS_DIR" in message


def test_weights_without_a_manifest_are_no_checkpoint(folder: Path) -> None:
    (folder / MANIFEST).unlink()

    assert "no trained encoder for 'nasbench201'" in refusal(folder)


def test_a_version_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="has no version 2: the latest is 1"):
        load_checkpoint(folder.parents[1], SPACE, version=2)


@pytest.mark.parametrize("position", [0, 1000, -1])
def test_a_flipped_byte_in_the_weights_is_noticed(folder: Path, position: int) -> None:
    weights = bytearray((folder / WEIGHTS).read_bytes())
    weights[position] ^= 1
    (folder / WEIGHTS).write_bytes(weights)

    message = refusal(folder)

    assert f"{folder / WEIGHTS} is damaged" in message
    assert "restore the folder" in message


@pytest.mark.parametrize("kept", [0, 8, 5000])
def test_truncated_weights_are_noticed(folder: Path, kept: int) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:kept])

    assert f"{folder / WEIGHTS} is damaged" in refusal(folder)


def test_missing_weights_are_named(folder: Path) -> None:
    (folder / WEIGHTS).unlink()

    message = refusal(folder)

    assert f"{folder / WEIGHTS} cannot be read" in message
    assert "restore the folder" in message


def test_weights_of_another_kind_of_file_are_refused(folder: Path) -> None:
    replace_weights(folder, b"\x80\x04not to be unpickled")

    message = refusal(folder)

    assert f"{folder / WEIGHTS} is not a safetensors file" in message
    assert "train the encoder again" in message


def test_an_encoder_of_another_vocabulary_is_refused(folder: Path) -> None:
    message = refusal(folder, OtherVocabulary())

    assert str(folder) in message
    assert "avg_pool_3x3" in message
    assert "emprox train --space nasbench201" in message


def test_an_encoder_of_another_space_is_refused(folder: Path) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(space="darts"))

    assert "was trained for space 'darts'" in refusal(folder)


@pytest.mark.parametrize("number", [0, 2, "1", None, "x" * 1000])
def test_another_format_is_named_with_the_one_that_is_read(folder: Path, number: object) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(format=number))

    message = refusal(folder)

    assert f"{folder / MANIFEST} has format {str(number)[:80]}, and this program reads format 1" in message
    assert "emprox train --space nasbench201" in message
    assert len(message) < 400


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", "\ufffd", "[" * 100],
    ids=["empty", "cut", "null", "list", "number", "noise", "deep"],
)
def test_something_else_than_a_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)

    message = refusal(folder)

    assert f"{folder / MANIFEST} is not the manifest of an encoder" in message
    assert "restore the folder" in message


def test_a_manifest_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b"\xff\xfe\x00")

    assert f"{folder / MANIFEST} is not the manifest of an encoder" in refusal(folder)


@pytest.mark.parametrize(
    "edit",
    [
        lambda manifest: manifest.pop("serves"),
        lambda manifest: manifest.update(serves="both"),
        lambda manifest: manifest.update(unknown=1),
        lambda manifest: manifest.update(blocks={"op": 4}),
        lambda manifest: manifest["network"].update(width="wide"),
        lambda manifest: manifest["blocks"][0].update(features=7),
        lambda manifest: manifest["training"].update(embedding_loss=[0.1]),
    ],
    ids=["missing", "serves", "unknown", "blocks", "width", "features", "losses"],
)
def test_a_manifest_of_wrong_types_is_refused(folder: Path, edit: Edit) -> None:
    edit_manifest(folder, edit)

    message = refusal(folder)

    assert f"{folder / MANIFEST} is not the manifest of an encoder" in message
    assert "restore the folder" in message


def block(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    """A block of counts as the manifest tells it."""
    found: dict[str, Any] = next(each for each in manifest["blocks"] if each["name"] == name)
    return found


@pytest.mark.parametrize(
    "edit",
    [
        lambda manifest: manifest["network"].update(width=32),
        lambda manifest: manifest["network"].update(rounds=2),
        lambda manifest: manifest["network"].update(width=-1),
        lambda manifest: manifest["network"].update(dimension=217),
        lambda manifest: manifest["blocks"].pop(),
        lambda manifest: manifest["blocks"][0].update(name="other"),
        lambda manifest: manifest["blocks"][0].update(columns=3),
        lambda manifest: manifest["blocks"][0]["features"].pop(),
        lambda manifest: block(manifest, "bi").update(transform="sqrt"),
    ],
    ids=["width", "rounds", "negative", "dimension", "block less", "name", "columns", "feature less", "transform"],
)
def test_a_manifest_that_does_not_fit_the_weights_is_refused(folder: Path, edit: Edit) -> None:
    edit_manifest(folder, edit)

    message = refusal(folder)

    assert f"{MANIFEST} and {WEIGHTS} in {folder} do not fit together" in message
    assert "restore the folder" in message


@pytest.mark.parametrize(
    "edit",
    [
        lambda tensors: tensors.pop("network.read.weight"),
        lambda tensors: tensors.pop("scaling.op.mean"),
        lambda tensors: tensors.update({"network.more": np.zeros(2)}),
        lambda tensors: tensors.update({"decoder.operation.bias": np.zeros(2, np.float32)}),
        lambda tensors: tensors.update({"scaling.op.mean": np.zeros(9)}),
    ],
    ids=["weight less", "scaling less", "weight more", "bias", "mean"],
)
def test_weights_that_do_not_fit_the_manifest_are_refused(
    folder: Path, edit: Callable[[dict[str, np.ndarray]], object]
) -> None:
    edit_weights(folder, edit)

    assert f"{MANIFEST} and {WEIGHTS} in {folder} do not fit together" in refusal(folder)
