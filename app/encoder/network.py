"""The encoder-decoder: message passing from graphs to the embedding, and a decoder from there back to graphs."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.encoder.forward import Float32Array
from app.encoder.network_shape import N_PATH_FEATURES, NetworkShape


class EncoderDecoder(nn.Module):
    """Both networks of a space, with weights drawn at random until they are trained.

    Args:
        n_operations: operation names, input and output included.
    """

    def __init__(self, shape: NetworkShape, n_operations: int) -> None:
        super().__init__()
        self.network = EncoderNetwork(n_operations, shape.n_cells, shape.dimension, shape.width, shape.rounds)
        n_places = shape.n_cells * shape.max_vertices
        self.decoder = DecoderNetwork(n_operations, n_places, shape.dimension, shape.decoder_width)

    def weights(self) -> dict[str, Float32Array]:
        """All weights as they are stored and served."""
        return {name: tensor.numpy(force=True).copy() for name, tensor in self.state_dict().items()}


class EncoderNetwork(nn.Module):
    """Learns to give the structural embedding of a graph.

    Messages go along both directions of the edges; the pooled sum, maximum, input vertex and output vertex of each
    cell lead to the embedding.

    Args:
        n_operations: operation names, input and output included; the output's index is the last.
        n_cells: cells of an architecture; one network reads them all, told which it reads.
        dimension: columns of the embedding.
        width: of a vertex's state.
        rounds: of message passing.
    """

    def __init__(self, n_operations: int, n_cells: int, dimension: int, width: int, rounds: int) -> None:
        super().__init__()
        self.n_operations = n_operations
        self.n_cells = n_cells
        self.read = nn.Linear(n_operations + N_PATH_FEATURES + (n_cells if n_cells > 1 else 0), width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(rounds))
        # One product for the vertex itself and for both directions: for one graph, calls cost more than numbers.
        self.messages = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(rounds))
        pooled = 4 * width * n_cells
        hidden = 4 * width
        self.straight = nn.Linear(pooled, dimension)
        self.head = nn.Sequential(
            nn.Linear(pooled, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, dimension)
        )

    def forward(self, operations: Tensor, adjacency: Tensor) -> Tensor:
        """Shape (B / n_cells, dimension).

        Args:
            operations: shape (B, V), -1 beyond the last vertex.
            adjacency: shape (B, V, V).
        """
        absent = (operations < 0)[..., None]
        one_hot = functional.one_hot(operations.clamp(min=0), self.n_operations).float().masked_fill(absent, 0)
        is_output = one_hot[..., -1:]
        features = [one_hot, path_features(adjacency, is_output)]
        if self.n_cells > 1:
            cell = torch.eye(self.n_cells).repeat(len(operations) // self.n_cells, 1)
            features.append(cell[:, None].expand(*operations.shape, -1))
        state = functional.silu(self.read(torch.cat(features, dim=-1)))
        transposed = adjacency.transpose(1, 2)
        for norm, messages in zip(self.norms, self.messages, strict=True):
            # Absent vertices have no edges: what they hold reaches no other vertex, and is left out below.
            stay, forth, back = messages(norm(state)).chunk(3, dim=-1)
            state = state + functional.silu(stay + transposed @ forth + adjacency @ back)
        total = state.masked_fill(absent, 0).sum(dim=1) / 4
        largest = state.masked_fill(absent, -1e9).amax(dim=1)
        pooled = torch.cat([total, largest, state[:, 0], (state * is_output).sum(dim=1)], dim=-1)
        pooled = pooled.reshape(len(operations) // self.n_cells, -1)
        embedding: Tensor = self.head(pooled) + self.straight(pooled)
        return embedding


def path_features(adjacency: Tensor, is_output: Tensor) -> Tensor:
    """How many paths lead to, from and through each vertex, and its degrees: what messages alone count badly.

    (I - A)^-1 counts the paths between any two vertices of an acyclic graph, and with each edge weighted by
    1 / in-degree it gives the share w(p) of the paths that pass a vertex.

    Args:
        adjacency: shape (B, V, V), upper triangular.
        is_output: shape (B, V, 1), 1 at the output.

    Returns:
        Shape (B, V, N_PATH_FEATURES).
    """
    identity = torch.eye(adjacency.shape[-1])
    in_degree, out_degree = adjacency.sum(dim=1)[..., None], adjacency.sum(dim=2)[..., None]
    shared = adjacency / in_degree.clamp(min=1).transpose(1, 2)
    from_input = torch.linalg.solve_triangular(
        identity - adjacency, identity[:1].expand(len(adjacency), 1, -1), upper=True, left=False, unitriangular=True
    ).transpose(1, 2)
    onward = torch.linalg.solve_triangular(identity - adjacency, is_output, upper=True, unitriangular=True)
    share = torch.linalg.solve_triangular(identity - shared, is_output, upper=True, unitriangular=True)
    paths = torch.cat([from_input, onward, from_input * onward], dim=-1).log1p()
    return torch.cat([paths, share, in_degree / 4, out_degree / 4], dim=-1)


class DecoderNetwork(nn.Module):
    """Gives the canonical graph of each cell back from the embedding.

    Each place in the canonical order gets a state from the embedding; the operation follows from the state, an edge
    from the states of both its ends. The number of weights does not grow with the square of the vertices.

    Args:
        n_operations: operation names, input and output included.
        n_places: cells times vertices of the largest cell.
        dimension: columns of the embedding.
        width: of a place's state.
    """

    def __init__(self, n_operations: int, n_places: int, dimension: int, width: int) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(n_places, width) * 0.1)
        self.read = nn.Sequential(nn.Linear(dimension, width), nn.SiLU(), nn.Linear(width, width))
        self.state = nn.Sequential(
            nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.operation = nn.Linear(width, n_operations + 1)
        self.source = nn.Linear(width, width // 2)
        self.target = nn.Linear(width, width // 2)

    def forward(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the operation at each place, the last meaning "no vertex", and of an edge between two places.

        Args:
            embedding: shape (B, dimension).

        Returns:
            Shapes (B, n_places, n_operations + 1) and (B, n_places, n_places).
        """
        # The first layer reads the whole beside the place: the product with each by itself, one row for all places.
        weight, bias = self.state[0].parameters()
        of_whole, of_place = weight.chunk(2, dim=1)
        whole = functional.linear(self.read(embedding), of_whole, bias)
        state = self.state[1:](whole[:, None] + functional.linear(self.place, of_place))
        edges = self.source(state) @ self.target(state).transpose(1, 2)
        return self.operation(state), edges
