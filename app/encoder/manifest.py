"""What a trained encoder says about itself: `manifest.json` beside its weights."""

import platform
from importlib.metadata import version as installed_version
from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.encoder.network_shape import NetworkShape
from app.encoder.scaling import Transform
from app.encoder.sequence_shape import SequenceShape
from app.encoder.served import EncoderKind
from app.spaces.space import Vocabulary

FORMAT = 1  # raised when an older program could not read the checkpoint


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Block(_Record):
    """A block of structural features, in the order of its columns."""

    name: str
    transform: Transform
    columns: int
    features: tuple[str, ...]


class Training(_Record):
    """How the encoder came about.

    Args:
        sample: what was trained on, in words.
        architectures: distinct ones in the sample.
        embedding_loss: mean squared error per block, as a share of the block's variance.
        reconstructed: share of the architectures that the decoder gives back exactly.
    """

    sample: str
    architectures: int
    seed: int
    steps: int
    seconds: float
    embedding_loss: dict[str, float]
    reconstructed: float


class Quality(_Record):
    """Kendall tau of both embeddings, side by side, by the same splits of a labelled table.

    Args:
        protocol: table, metric, sizes and seeds, in words.
    """

    protocol: str
    graph_tau: float
    graph_tau_std: float
    structural_tau: float
    structural_tau_std: float


class Manifest(_Record):
    """The whole manifest.

    Args:
        serves: the embedding that the service uses, with the reason.
        network: of the graph encoder; None where none was trained.
        sequence: of the paper's sequence encoder, where that is what was trained.
        training: None of a structural embedding that nothing was trained for.
        quality: None where the embeddings were not compared.
    """

    format: Literal[1] = 1
    space: str
    serves: EncoderKind
    reason: str
    vocabulary: Vocabulary
    network: NetworkShape | None
    sequence: SequenceShape | None = None
    training: Training | None
    quality: Quality | None
    blocks: tuple[Block, ...]
    versions: dict[str, str]
    weights_sha256: str


def running_versions() -> dict[str, str]:
    """The versions that a checkpoint was made with."""
    packages = {name: installed_version(name) for name in ("emprox-server", "numpy", "torch")}
    return {"python": platform.python_version(), **packages}
