"""The sizes of the encoder's networks, and of every weight in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_PATH_FEATURES = 6


def check_weights(weights: Mapping[str, NDArray[np.float32]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Pass where these are the weights that shapes are wanted of, all of them and no other.

    Raises:
        ValueError: one is missing, of another shape, unknown, or not finite; says which.
    """
    if strange := sorted(shapes.keys() ^ weights.keys()):
        raise ValueError(f"the weights lack {strange[0]!r}, or have it and should not")
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            raise ValueError(f"weight {name!r} has shape {weights[name].shape}, not {shape}")
        if not np.isfinite(weights[name]).all():
            raise ValueError(f"weight {name!r} is not finite")


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Everything that the sizes of the weights follow from.

    Args:
        dimension: columns of the embedding.
        max_vertices: of the largest cell.
        width: of a vertex's state, through this many rounds of messages.
        decoder_width: of a place's state in the decoder.
    """

    dimension: int
    n_cells: int
    max_vertices: int
    width: int = 64
    rounds: int = 4
    decoder_width: int = 128

    def check(self, weights: Mapping[str, NDArray[np.float32]], n_operations: int) -> None:
        """Pass where these are weights of this shape.

        Args:
            n_operations: operation names, input and output included.

        Raises:
            ValueError: one is missing, of another shape, unknown, or not finite; says which.
        """
        check_weights(weights, self._weight_shapes(n_operations))

    def _weight_shapes(self, n_operations: int) -> dict[str, tuple[int, ...]]:
        pooled = 4 * self.width * self.n_cells
        hidden = 4 * self.width
        inputs = n_operations + N_PATH_FEATURES + (self.n_cells if self.n_cells > 1 else 0)
        layers = {
            "network.read": (self.width, inputs),
            **{f"network.messages.{i}": (3 * self.width, self.width) for i in range(self.rounds)},
            "network.straight": (self.dimension, pooled),
            "network.head.0": (hidden, pooled),
            "network.head.2": (hidden, hidden),
            "network.head.4": (self.dimension, hidden),
            "decoder.read.0": (self.decoder_width, self.dimension),
            "decoder.read.2": (self.decoder_width, self.decoder_width),
            "decoder.state.0": (self.decoder_width, 2 * self.decoder_width),
            "decoder.state.2": (self.decoder_width, self.decoder_width),
            "decoder.state.4": (self.decoder_width, self.decoder_width),
            "decoder.operation": (n_operations + 1, self.decoder_width),
            "decoder.source": (self.decoder_width // 2, self.decoder_width),
            "decoder.target": (self.decoder_width // 2, self.decoder_width),
        }
        shapes: dict[str, tuple[int, ...]] = {"decoder.place": (self.n_cells * self.max_vertices, self.decoder_width)}
        for name, shape in layers.items():
            shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
        for i in range(self.rounds):
            shapes |= {f"network.norms.{i}.{part}": (self.width,) for part in ("weight", "bias")}
        return shapes
