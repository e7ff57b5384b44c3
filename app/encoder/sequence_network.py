"""The paper's encoder-decoder over token sequences: LSTMs, with attention in the decoder.

Franken, Singh & Vanschoren (PMLR 191, 2022), section 3, after NAO (Luo et al., NeurIPS 2018) and SemiNAS (Luo et
al., NeurIPS 2020). As in NAO, the decoder attends to the encoder's outputs, one per token, and the embedding is only
the state that it starts from. So it takes the outputs to decode; the embedding alone does not suffice.
"""

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.encoder.forward import Float32Array
from app.encoder.sequence_shape import PREFIX, SequenceShape
from app.encoder.sequence_tokens import START

_HALF = sqrt(0.5)  # keeps the variance of a sum of two


class SequenceEncoderDecoder(nn.Module):
    """Both networks, with weights drawn at random until they are trained.

    Args:
        n_tokens: size of the alphabet.
        dropout: share of the token vectors' entries left out in training.
    """

    def __init__(self, shape: SequenceShape, n_tokens: int, dropout: float) -> None:
        super().__init__()
        self.encoder = SequenceEncoderNetwork(n_tokens, shape.dimension, dropout)
        self.decoder = SequenceDecoderNetwork(n_tokens, shape.dimension, dropout)

    def forward(self, tokens: Tensor, reversal: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Embedding (B, dimension) and logits of each token by those before it (B, T, n_tokens).

        Args:
            tokens, reversal, present: shape (B, T), see `TokenArrays`.
        """
        outputs, embedding = self.encoder(tokens, reversal, present)
        before = torch.cat([torch.full_like(tokens[:, :1], START), tokens[:, :-1]], dim=1)
        return embedding, self.decoder(before, embedding, outputs, present)

    def weights(self) -> dict[str, Float32Array]:
        """All weights as they are stored and served."""
        return {PREFIX + name: tensor.numpy(force=True).copy() for name, tensor in self.state_dict().items()}


class SequenceEncoderNetwork(nn.Module):
    """An LSTM along the tokens and one against them; the embedding is the mean of what they say at each token.

    Args:
        n_tokens: size of the alphabet.
        dimension: of the embedding, and of the state at a token.
    """

    def __init__(self, n_tokens: int, dimension: int, dropout: float) -> None:
        super().__init__()
        self.tokens = nn.Embedding(n_tokens, dimension)
        self.dropout = nn.Dropout(dropout)
        # Two LSTMs rather than one of both directions: padding then follows the tokens in either, and changes nothing.
        self.forth = nn.LSTM(dimension, dimension, batch_first=True)
        self.back = nn.LSTM(dimension, dimension, batch_first=True)
        self.project = nn.Linear(2 * dimension, dimension)

    def forward(self, tokens: Tensor, reversal: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """The output at each token (B, T, dimension), and their mean (B, dimension), all of unit norm."""
        read = self.dropout(self.tokens(tokens))
        places = reversal[..., None].expand_as(read)
        forth, _ = self.forth(read)
        back, _ = self.back(read.gather(1, places))
        states = torch.cat([forth, back.gather(1, places)], dim=-1)
        outputs = functional.normalize(read + self.project(states), dim=-1)
        return outputs, functional.normalize((outputs * present[..., None]).sum(dim=1), dim=-1)


class SequenceDecoderNetwork(nn.Module):
    """An LSTM that starts from the embedding and attends to the encoder's outputs.

    Args:
        n_tokens: size of the alphabet.
        dimension: of the embedding, and of the state at a token.
    """

    def __init__(self, n_tokens: int, dimension: int, dropout: float) -> None:
        super().__init__()
        self.tokens = nn.Embedding(n_tokens, dimension)
        self.dropout = nn.Dropout(dropout)
        self.step = nn.LSTM(dimension, dimension, batch_first=True)
        self.query = nn.Linear(dimension, dimension, bias=False)
        self.attended = nn.Linear(2 * dimension, dimension, bias=False)
        self.out = nn.Linear(dimension, n_tokens)

    def forward(self, before: Tensor, embedding: Tensor, outputs: Tensor, present: Tensor) -> Tensor:
        """Logits of the next token after each of `before`, shape (B, S, n_tokens).

        Args:
            before: shape (B, S): START, then tokens.
            embedding: shape (B, dimension).
            outputs: shape (B, T, dimension): of the encoder.
            present: shape (B, T): 1 at a token, 0 beyond the last.
        """
        read = self.dropout(self.tokens(before))
        start = embedding[None].contiguous()
        states, _ = self.step(read, (start, start))
        states = (read + states) * _HALF
        scores = self.query(states) @ outputs.transpose(1, 2)
        attention = scores.masked_fill(present[:, None] == 0, -torch.inf).softmax(dim=-1)
        mixed = torch.tanh(self.attended(torch.cat([attention @ outputs, states], dim=-1)))
        logits: Tensor = self.out((states + mixed) * _HALF)
        return logits
