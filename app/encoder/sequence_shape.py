"""The sizes of the sequence encoder's networks, and of every weight in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.encoder.network_shape import check_weights

PREFIX = "sequence."  # leads the names of the weights


@dataclass(frozen=True, slots=True)
class SequenceShape:
    """Everything that the sizes of the weights follow from.

    Args:
        dimension: columns of the embedding, and width of the LSTMs; the paper has 32 and 128.
        max_vertices: of the largest cell that is read exactly.
    """

    dimension: int
    n_cells: int
    max_vertices: int

    def check(self, weights: Mapping[str, NDArray[np.float32]], n_tokens: int) -> None:
        """Pass where these are weights of this shape.

        Args:
            n_tokens: size of the alphabet.

        Raises:
            ValueError: one is missing, of another shape, unknown, or not finite; says which.
        """
        check_weights(weights, self._weight_shapes(n_tokens))

    def _weight_shapes(self, n_tokens: int) -> dict[str, tuple[int, ...]]:
        width = self.dimension
        shapes: dict[str, tuple[int, ...]] = {
            "encoder.tokens.weight": (n_tokens, width),
            "encoder.project.weight": (width, 2 * width),
            "encoder.project.bias": (width,),
            "decoder.tokens.weight": (n_tokens, width),
            "decoder.query.weight": (width, width),
            "decoder.attended.weight": (width, 2 * width),
            "decoder.out.weight": (n_tokens, width),
            "decoder.out.bias": (n_tokens,),
        }
        for lstm in ("encoder.forth", "encoder.back", "decoder.step"):
            for source in ("ih", "hh"):  # from the input, from the last state; torch keeps two biases
                shapes |= {f"{lstm}.weight_{source}_l0": (4 * width, width), f"{lstm}.bias_{source}_l0": (4 * width,)}
        return {PREFIX + name: shape for name, shape in shapes.items()}
