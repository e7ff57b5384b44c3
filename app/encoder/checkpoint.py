"""Trained encoders on disk: `<space>/<version>/` with `weights.safetensors` and `manifest.json`.

The manifest is written last and carries the checksum of the weights, so a half-written checkpoint is none. Nothing is
ever unpickled.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from app.domain.errors import CheckpointError
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.manifest import FORMAT, Block, Manifest, Quality, Training, running_versions
from app.encoder.scaling import BlockScaling
from app.encoder.served import EncoderKind, ServedEncoder
from app.encoder.structural import StructuralEmbedding
from app.spaces.space import SearchSpace

WEIGHTS, MANIFEST = "weights.safetensors", "manifest.json"
TOLERANCE = 0.005  # the graph encoder serves where it costs at most this much Kendall tau

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained encoder with the structural embedding that it learned.

    Args:
        version: number within the space, from 1.
    """

    space: SearchSpace
    version: int
    structural: StructuralEmbedding
    graph: GraphEncoder
    manifest: Manifest

    def serving(self, kind: EncoderKind | None = None) -> ServedEncoder:
        """The encoder of this kind; by default the one that the manifest says serves."""
        kind = kind or self.manifest.serves
        embedding = self.graph if kind is EncoderKind.GRAPH else self.structural
        checksum = f"{self.manifest.weights_sha256}-{kind}"
        return ServedEncoder(f"{self.space.name}/{self.version}", kind, checksum, self.structural, embedding)


def which_serves(quality: Quality | None) -> tuple[EncoderKind, str]:
    """The embedding that the service should use, with the reason."""
    if quality is None:
        return EncoderKind.STRUCTURAL, "not measured: no labelled table was given"
    loss = quality.structural_tau - quality.graph_tau
    kind = EncoderKind.GRAPH if loss <= TOLERANCE else EncoderKind.STRUCTURAL
    return kind, f"the graph encoder's Kendall tau is {loss:.4f} below the structural one's; allowed are {TOLERANCE}"


def latest_version(models: Path, space: str) -> int:
    """The highest version of a space in the folder of models, 0 where there is none."""
    numbers = [
        int(path.parent.name) for path in (models / space).glob(f"*/{MANIFEST}") if path.parent.name.isdecimal()
    ]
    return max(numbers, default=0)


def save_checkpoint(
    directory: Path,
    structural: StructuralEmbedding,
    graph: GraphEncoder,
    training: Training,
    quality: Quality | None,
) -> Manifest:
    """Write a checkpoint, replacing one that is there."""
    weights = save_tensors(_tensors(structural, graph))
    serves, reason = which_serves(quality)
    manifest = Manifest(
        space=graph.space.name,
        serves=serves,
        reason=reason,
        vocabulary=graph.space.vocabulary,
        network=graph.shape,
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
    (directory / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n")
    return manifest


def load_checkpoint(models: Path, space: SearchSpace, version: int | None = None) -> Checkpoint:
    """A checkpoint of a space, by default the latest.

    Raises:
        CheckpointError: there is none, its checksum or vocabulary does not fit, or it is of another format.
    """
    version = version or latest_version(models, space.name)
    directory = models / space.name / str(version)
    if not version or not (directory / MANIFEST).is_file():
        raise CheckpointError(
            f"there is no trained encoder for {space.name!r} in {models}: train one with "
            f"'emprox train --space {space.name}', or point EMPROX_MODELS_DIR at the folder that holds it"
        )
    manifest = _read_manifest(directory, space)
    tensors = _read_weights(directory, manifest)
    try:
        structural = StructuralEmbedding(space, [_scaling(block, tensors) for block in manifest.blocks])
        graph = GraphEncoder(space, manifest.network)
        graph.network.load_state_dict(_under("network.", tensors))
        graph.decoder.load_state_dict(_under("decoder.", tensors))
    except (KeyError, ValueError, RuntimeError) as err:
        raise CheckpointError(f"the manifest and the weights in {directory} do not fit together: {err}") from err
    return Checkpoint(space, version, structural, graph, manifest)


def _read_manifest(directory: Path, space: SearchSpace) -> Manifest:
    path = directory / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict) and found.get("format") != FORMAT:
            raise CheckpointError(f"{path} has format {found.get('format')!r}; this program reads format {FORMAT}")
        manifest = Manifest.model_validate(found)
    except (OSError, ValueError) as err:  # a pydantic ValidationError is a ValueError
        raise CheckpointError(f"{path} is not the manifest of an encoder: {err}") from err
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
        raise CheckpointError(f"the weights of the encoder cannot be read: {err}") from err
    found = hashlib.sha256(weights).hexdigest()
    if found != manifest.weights_sha256:
        raise CheckpointError(
            f"{path} is damaged: its SHA-256 is {found}, the manifest says {manifest.weights_sha256}. "
            "Restore the folder from where it came, or train the encoder again"
        )
    try:
        return load_tensors(weights)
    except SafetensorError as err:
        raise CheckpointError(f"{path} is not a safetensors file: {err}") from err


def _tensors(structural: StructuralEmbedding, graph: GraphEncoder) -> Tensors:
    tensors: Tensors = {}
    for scaling in structural.scalings:
        tensors[f"scaling.{scaling.name}.mean"] = scaling.mean
        tensors[f"scaling.{scaling.name}.projection"] = np.ascontiguousarray(scaling.projection)
    for name, module in (("network", graph.network), ("decoder", graph.decoder)):
        tensors |= {f"{name}.{key}": tensor.contiguous().numpy() for key, tensor in module.state_dict().items()}
    return tensors


def _scaling(block: Block, tensors: Tensors) -> BlockScaling:
    mean, projection = (tensors[f"scaling.{block.name}.{part}"] for part in ("mean", "projection"))
    scaling = BlockScaling(block.name, block.transform, block.features, mean, projection)
    if projection.shape != (len(mean), block.columns):
        raise ValueError(f"block {block.name!r} has a projection of shape {projection.shape}")
    return scaling


def _under(prefix: str, tensors: Tensors) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): torch.from_numpy(tensor)
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
