from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.domain.errors import CheckpointError
from app.encoder.checkpoint import MANIFEST, WEIGHTS, latest_version, load_checkpoint, save_checkpoint, which_serves
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.manifest import Manifest, Quality, Training
from app.encoder.served import EncoderKind

from .cells import NOTHING, SPACE
from .conftest import Run

TRAINING = Training(
    sample="forty cells",
    architectures=38,
    seed=0,
    steps=250,
    seconds=9.5,
    embedding_loss={"op": 0.001},
    reconstructed=1,
)


def quality(graph_tau: float, structural_tau: float) -> Quality:
    return Quality(
        protocol="121 train, 100 test, 20 seeds",
        graph_tau=graph_tau,
        graph_tau_std=0.03,
        structural_tau=structural_tau,
        structural_tau_std=0.03,
    )


def save(models: Path, run: Run, version: int = 1, measured: Quality | None = None) -> Manifest:
    directory = models / SPACE.name / str(version)
    return save_checkpoint(directory, run.trained.structural, run.trained.encoder, TRAINING, measured)


@pytest.mark.parametrize("kind", [EncoderKind.GRAPH, EncoderKind.STRUCTURAL])
def test_a_checkpoint_that_comes_back_embeds_the_same(tmp_path: Path, run: Run, kind: EncoderKind) -> None:
    original = run.trained.encoder if kind is EncoderKind.GRAPH else run.trained.structural
    save(tmp_path, run)
    cells = list({cell.id: cell for cell in [*run.sample, SPACE.parse(NOTHING)]}.values())

    served = load_checkpoint(tmp_path, SPACE).serving(kind)

    np.testing.assert_array_equal(served.embed(cells), original.embed(cells))
    np.testing.assert_array_equal(served.block_of_column, run.trained.structural.block_of_column)
    np.testing.assert_array_equal(served.group_of_column, run.trained.structural.group_of_column)


def test_a_checkpoint_that_comes_back_decodes_the_same(tmp_path: Path, run: Run) -> None:
    save(tmp_path, run)
    points = run.trained.structural.embed(run.sample)

    trained = load_checkpoint(tmp_path, SPACE).trained
    assert isinstance(trained, GraphEncoder)
    decoded = trained.decode(points)

    assert decoded == run.trained.encoder.decode(points)


def test_the_manifest_comes_back_as_it_was_written(tmp_path: Path, run: Run) -> None:
    written = save(tmp_path, run, measured=quality(0.79, 0.80))

    assert load_checkpoint(tmp_path, SPACE).manifest == written
    assert written.training == TRAINING
    assert written.quality == quality(0.79, 0.80)
    assert written.versions.keys() == {"python", "emprox-server", "numpy", "torch"}


@pytest.mark.parametrize(
    ("graph_tau", "structural_tau", "kind"),
    [
        (0.805, 0.8, EncoderKind.GRAPH),
        (0.8, 0.8, EncoderKind.GRAPH),
        (0.796, 0.8, EncoderKind.GRAPH),
        (0.8, 0.805, EncoderKind.GRAPH),
        (0.795, 0.8, EncoderKind.GRAPH),
        (0.7949, 0.8, EncoderKind.STRUCTURAL),
        (0.6, 0.8, EncoderKind.STRUCTURAL),
        (float("nan"), 0.8, EncoderKind.STRUCTURAL),
    ],
)
def test_the_graph_encoder_serves_where_it_loses_at_most_0_005_of_tau(
    graph_tau: float, structural_tau: float, kind: EncoderKind
) -> None:
    serves, reason = which_serves(quality(graph_tau, structural_tau))

    assert serves is kind
    assert f"{graph_tau:.4f}" in reason
    assert f"{structural_tau:.4f}" in reason


def test_without_a_measurement_the_structural_embedding_serves() -> None:
    serves, reason = which_serves(None)

    assert serves is EncoderKind.STRUCTURAL
    assert reason == "the embeddings were not compared"


@pytest.mark.parametrize(("graph_tau", "kind"), [(0.8, EncoderKind.GRAPH), (0.7, EncoderKind.STRUCTURAL)])
def test_the_encoder_that_the_manifest_names_serves(
    tmp_path: Path, run: Run, graph_tau: float, kind: EncoderKind
) -> None:
    save(tmp_path, run, version=3, measured=quality(graph_tau, 0.8))

    served = load_checkpoint(tmp_path, SPACE).serving()

    assert (served.kind, served.version) == (kind, "nasbench201/3")


def test_checksums_of_both_kinds_differ_and_change_with_the_weights(tmp_path: Path, run: Run) -> None:
    save(tmp_path, run)
    before = load_checkpoint(tmp_path, SPACE)
    other = replace(before, manifest=before.manifest.model_copy(update={"weights_sha256": "0" * 64}))

    checksums = {
        checkpoint.serving(kind).checksum
        for checkpoint in (before, other)
        for kind in (EncoderKind.GRAPH, EncoderKind.STRUCTURAL)
    }

    assert len(checksums) == 4


def test_the_highest_version_is_the_latest(tmp_path: Path, run: Run) -> None:
    for version in (2, 10, 9):
        save(tmp_path, run, version)
    (tmp_path / SPACE.name / "11").mkdir()  # half-written: no manifest yet
    (tmp_path / SPACE.name / "draft").mkdir()
    (tmp_path / SPACE.name / "draft" / MANIFEST).write_text("{}")

    assert latest_version(tmp_path, SPACE.name) == 10
    assert load_checkpoint(tmp_path, SPACE).version == 10
    assert load_checkpoint(tmp_path, SPACE, version=2).version == 2


def test_without_a_checkpoint_the_latest_version_is_zero(tmp_path: Path) -> None:
    assert latest_version(tmp_path, SPACE.name) == 0
    assert latest_version(tmp_path / "missing", SPACE.name) == 0


def test_saving_again_replaces_a_checkpoint(tmp_path: Path, run: Run) -> None:
    save(tmp_path, run)
    (tmp_path / SPACE.name / "1" / WEIGHTS).write_bytes(b"damaged")

    save(tmp_path, run, measured=quality(0.8, 0.8))

    assert load_checkpoint(tmp_path, SPACE).manifest.serves is EncoderKind.GRAPH


def test_a_failure_on_the_way_leaves_no_manifest_beside_other_weights(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, run)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space left"):
        save(tmp_path, run)

    with pytest.raises(CheckpointError, match="there is no trained encoder"):
        load_checkpoint(tmp_path, SPACE)


def test_embedding_nothing_gives_no_rows(tmp_path: Path, run: Run) -> None:
    save(tmp_path, run)

    embedding = load_checkpoint(tmp_path, SPACE).serving().embed([])

    assert embedding.shape == (0, run.trained.structural.dimension)
    assert embedding.dtype == np.float32


def test_many_architectures_embed_in_their_order(tmp_path: Path, run: Run, sample: list[Architecture]) -> None:
    # More than the encoder takes at once.
    save(tmp_path, run)
    served = load_checkpoint(tmp_path, SPACE).serving(EncoderKind.GRAPH)

    embedding = served.embed(sample)

    assert len(embedding) == 1000
    np.testing.assert_allclose(
        embedding[[0, 511, 512, 999]], served.embed([sample[i] for i in (0, 511, 512, 999)]), atol=1e-5
    )
