"""Trained encoders on disk: `<space>/<version>/` with `weights.safetensors` and `manifest.json`.

The manifest is written last and carries the checksum of the weights, so a half-written checkpoint is none. Nothing is
ever unpickled.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from app.domain.errors import CheckpointError
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.manifest import FORMAT, Block, Manifest, Quality, Training, running_versions
from app.encoder.scaling import BlockScaling, Transform
from app.encoder.sequence_encoder import SequenceEncoder
from app.encoder.served import EncoderKind, ServedEncoder
from app.encoder.structural import StructuralEmbedding
from app.spaces.space import SearchSpace

WEIGHTS, MANIFEST = "weights.safetensors", "manifest.json"
TOLERANCE = 0.005  # the graph encoder serves where it costs at most this much Kendall tau

_WAY_OUT = "restore the folder from where it came, or train the encoder again"

_SCALING = "scaling."  # leads the names of everything that is no weight of a network

Tensors = dict[str, np.ndarray]
Trained = GraphEncoder | SequenceEncoder


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained encoder with the structural embedding that it learned.

    Args:
        version: number within the space, from 1; 0 for a structural embedding alone. A version with a name, such as
            "sequence-32", is never the latest.
        trained: None where no network was trained.
    """

    space: SearchSpace
    version: int | str
    structural: StructuralEmbedding
    trained: Trained | None
    manifest: Manifest

    def serving(self, kind: EncoderKind | None = None) -> ServedEncoder:
        """The encoder of this kind; by default the one that the manifest says serves.

        Raises:
            CheckpointError: there is no such encoder in it.
        """
        kind = kind or self.manifest.serves
        version = f"{self.space.name}/{self.version}"
        checksum = _checksum(version, self.manifest.weights_sha256, kind)
        blocks, groups = self.structural.block_of_column, self.structural.group_of_column
        decoder = self.trained if isinstance(self.trained, GraphEncoder) else None
        if kind is EncoderKind.STRUCTURAL:
            return ServedEncoder(version, kind, checksum, blocks, groups, self.structural, decoder)
        if kind is EncoderKind.GRAPH and decoder:
            return ServedEncoder(version, kind, checksum, blocks, groups, decoder, decoder)
        if kind is EncoderKind.SEQUENCE and isinstance(self.trained, SequenceEncoder):
            alike = np.zeros(self.trained.shape.dimension, dtype=np.int64)  # columns without a meaning of their own
            return ServedEncoder(version, kind, checksum, alike, alike, self.trained)
        raise CheckpointError(
            f"{version} has no {kind} encoder: train one with 'emprox train --space {self.space.name} --encoder {kind}'"
        )


def which_serves(quality: Quality | None) -> tuple[EncoderKind, str]:
    """The embedding that the service should use, with the reason."""
    if quality is None:
        return EncoderKind.STRUCTURAL, "the embeddings were not compared"
    # Rounded to the digits that are told: 0.805 - 0.8 is 0.005, and not what the binary fractions leave.
    loss = round(quality.structural_tau - quality.graph_tau, 4)
    kind = EncoderKind.GRAPH if loss <= TOLERANCE else EncoderKind.STRUCTURAL
    return kind, (
        f"Kendall tau is {quality.graph_tau:.4f} with the graph encoder and {quality.structural_tau:.4f} with the "
        f"structural embedding; the encoder serves where it loses at most {TOLERANCE}"
    )


def latest_version(models: Path, space: str) -> int:
    """The highest version of a space in the folder of models, 0 where there is none."""
    numbers = [int(path.parent.name) for path in (models / space).glob(f"*/{MANIFEST}") if path.parent.name.isdecimal()]
    return max(numbers, default=0)


def served_checksum(directory: Path) -> str | None:
    """`checksum` of the encoder that a checkpoint says serves, by its manifest alone; None if that cannot be read."""
    try:
        manifest = json.loads((directory / MANIFEST).read_bytes())
        return _checksum(f"{directory.parent.name}/{directory.name}", manifest["weights_sha256"], manifest["serves"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_checkpoint(
    directory: Path,
    structural: StructuralEmbedding,
    trained: Trained | None = None,
    training: Training | None = None,
    quality: Quality | None = None,
) -> Manifest:
    """Write a checkpoint, replacing one that is there."""
    weights = save_tensors(_tensors(structural, trained))
    if isinstance(trained, SequenceEncoder):
        serves, reason = EncoderKind.SEQUENCE, "the paper's encoder, which serves where it is asked for by its name"
    elif trained:
        serves, reason = which_serves(quality)
    else:
        serves, reason = EncoderKind.STRUCTURAL, "no network was trained yet"
    manifest = Manifest(
        space=structural.space.name,
        serves=serves,
        reason=reason,
        vocabulary=structural.space.vocabulary,
        network=trained.shape if isinstance(trained, GraphEncoder) else None,
        sequence=trained.shape if isinstance(trained, SequenceEncoder) else None,
        training=training,
        quality=quality,
        blocks=tuple(
            Block(name=s.name, transform=s.transform, columns=s.n_columns, features=s.features)
            for s in structural.scalings
        ),
        versions=running_versions(),
        weights_sha256=hashlib.sha256(weights).hexdigest(),
    )
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MANIFEST).unlink(missing_ok=True)
    (directory / WEIGHTS).write_bytes(weights)
    # In one step: a server that looks for newer encoders must not read half of it.
    written = directory / f"{MANIFEST}.part"
    written.write_text(manifest.model_dump_json(indent=1) + "\n")
    written.replace(directory / MANIFEST)
    return manifest


def load_checkpoint(models: Path, space: SearchSpace, version: int | str | None = None) -> Checkpoint:
    """A checkpoint of a space, by default the latest.

    Raises:
        CheckpointError: there is none, its checksum or vocabulary does not fit, or it is of another format.
    """
    latest = latest_version(models, space.name)
    if version is not None and latest and not (models / space.name / str(version) / MANIFEST).is_file():
        raise CheckpointError(f"{models / space.name} has no version {version}: the latest is {latest}")
    version = latest if version is None else version
    directory = models / space.name / str(version)
    if not (directory / MANIFEST).is_file():
        raise CheckpointError(
            f"there is no trained encoder for {space.name!r} in {models}: train one with "
            f"'emprox train --space {space.name}', or point EMPROX_MODELS_DIR at the folder that holds it"
        )
    manifest = _read_manifest(directory, space)
    tensors = _read_weights(directory, manifest)
    try:
        structural = _structural(space, manifest, tensors)
        trained = _trained(space, manifest, _weights(tensors))
    except (KeyError, ValueError) as err:
        raise CheckpointError(
            f"{MANIFEST} and {WEIGHTS} in {directory} do not fit together ({err}): {_WAY_OUT}"
        ) from err
    return Checkpoint(space, version, structural, trained, manifest)


def _checksum(version: str, weights_sha256: str, kind: str) -> str:
    return f"{version}-{weights_sha256}-{kind}"


def _read_manifest(directory: Path, space: SearchSpace) -> Manifest:
    path = directory / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict) and found.get("format") != FORMAT:
            raise CheckpointError(
                f"{path} has format {str(found.get('format'))[:80]}, and this program reads format {FORMAT}: "
                f"train the encoder again with 'emprox train --space {space.name}', or run the program that wrote it"
            )
        manifest = Manifest.model_validate(found)
    except (OSError, ValueError) as err:  # a pydantic ValidationError is a ValueError
        raise CheckpointError(f"{path} is not the manifest of an encoder ({err}): {_WAY_OUT}") from err
    if manifest.space != space.name or manifest.vocabulary != space.vocabulary:
        raise CheckpointError(
            f"the encoder in {directory} was trained for space {manifest.space!r} with {manifest.vocabulary}, "
            f"but {space.name!r} has {space.vocabulary}: train a new version with 'emprox train --space {space.name}'"
        )
    return manifest


def _read_weights(directory: Path, manifest: Manifest) -> Tensors:
    path = directory / WEIGHTS
    try:
        weights = path.read_bytes()
    except OSError as err:
        raise CheckpointError(f"{path} cannot be read ({err.strerror}): {_WAY_OUT}") from err
    found = hashlib.sha256(weights).hexdigest()
    if found != manifest.weights_sha256:
        raise CheckpointError(
            f"{path} is damaged, its SHA-256 is {found} and the manifest says {manifest.weights_sha256}: {_WAY_OUT}"
        )
    try:
        return load_tensors(weights)
    except SafetensorError as err:
        raise CheckpointError(f"{path} is not a safetensors file ({err}): {_WAY_OUT}") from err


def _trained(space: SearchSpace, manifest: Manifest, weights: Tensors) -> Trained | None:
    if manifest.network:
        return GraphEncoder(space, manifest.network, weights)
    return SequenceEncoder(space, manifest.sequence, weights) if manifest.sequence else None


def _tensors(structural: StructuralEmbedding, trained: Trained | None) -> Tensors:
    tensors: Tensors = dict(trained.weights) if trained else {}
    for scaling in structural.scalings:
        tensors[f"{_SCALING}{scaling.name}.mean"] = scaling.mean.astype(np.float32)
        tensors[f"{_SCALING}{scaling.name}.projection"] = scaling.projection.astype(np.float32)
    return tensors


def _weights(tensors: Tensors) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(_SCALING)}


def _structural(space: SearchSpace, manifest: Manifest, tensors: Tensors) -> StructuralEmbedding:
    structural = StructuralEmbedding(space, [_scaling(block, tensors) for block in manifest.blocks])
    if manifest.network and structural.dimension != manifest.network.dimension:
        raise ValueError(f"the blocks have {structural.dimension} columns, the network {manifest.network.dimension}")
    return structural


def _scaling(block: Block, tensors: Tensors) -> BlockScaling:
    mean, projection = (tensors[f"{_SCALING}{block.name}.{part}"].astype(np.float64) for part in ("mean", "projection"))
    scaling = BlockScaling(block.name, block.transform, block.features, mean, projection)
    n_raw = len(block.features) * (2 if block.transform is Transform.COMPONENTS else 1)
    if mean.shape != (n_raw,) or projection.shape != (n_raw, block.columns):
        raise ValueError(f"block {block.name!r} has a projection of shape {projection.shape}")
    return scaling
