"""The paper's own encoder, trained: embeddings of unit norm, and architectures back from its outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.architecture import Architecture
from app.encoder.forward import Float32Array, Weights
from app.encoder.sequence_forward import SequenceDecoderForward, SequenceEncoderForward
from app.encoder.sequence_shape import SequenceShape
from app.encoder.sequence_tokens import TokenAlphabet, TokenArrays
from app.spaces.space import SearchSpace


@dataclass(frozen=True, slots=True)
class SequenceOutputs:
    """What the encoder says at each token of n sequences.

    Args:
        vectors: shape (n, T, dimension), of unit norm; their mean, made to unit norm, is the embedding.
        present: shape (n, T): 1 at a token, 0 beyond the last.
    """

    vectors: Float32Array
    present: Float32Array


class SequenceEncoder:
    """Embeds and decodes the architectures of a space. Safe to call from any thread.

    Args:
        weights: of `SequenceEncoderDecoder`, their names led by "sequence.".

    Raises:
        ValueError: the weights are not those of this shape; says which.
    """

    def __init__(self, space: SearchSpace, shape: SequenceShape, weights: Weights) -> None:
        self.space = space
        self.shape = shape
        self.weights = weights
        self._alphabet = TokenAlphabet.of(space.vocabulary, shape.max_vertices)
        shape.check(weights, self._alphabet.size)
        self._encode = SequenceEncoderForward(weights)
        self._decode = SequenceDecoderForward(weights, shape.n_cells)

    def embed(self, architectures: Sequence[Architecture]) -> NDArray[np.float32]:
        """Shape (n, dimension)."""
        _, embedding = self._encode(TokenArrays.of(architectures, self._alphabet))
        return embedding

    def outputs(self, architectures: Sequence[Architecture]) -> SequenceOutputs:
        """What the decoder needs: it attends to the output at each token, which the embedding does not hold."""
        arrays = TokenArrays.of(architectures, self._alphabet)
        vectors, _ = self._encode(arrays)
        return SequenceOutputs(vectors, arrays.present)

    def decode(self, outputs: SequenceOutputs) -> list[Architecture | None]:
        """The architecture that each row of outputs stands for, or None where it is none of the space.

        NAO decodes outputs that it has moved to better predictions in the same way.
        """
        # A row decodes to as many tokens as it was read from, unless it was moved: then it may take more.
        longest = 2 * outputs.vectors.shape[1]
        tokens = self._decode(outputs.vectors, outputs.present, longest)
        cells = [self._alphabet.read(row, self.shape.n_cells) for row in tokens.tolist()]
        return [None if found is None else self.space.from_cells(found) for found in cells]
