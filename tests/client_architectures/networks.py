"""Networks of real PyTorch modules, and the search space of those that a test draws."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (PyTorch's way)
from emprox_client.architectures import declare_space
from torch import Tensor, nn

from app.domain.architecture import Architecture
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space


def parsed(notation: dict[str, Any], *others: dict[str, Any]) -> Architecture:
    """The architecture that the server reads, in the space that is declared for it and for the others."""
    declaration = parse_declaration(declare_space([notation, *others], max_vertices=11, max_edges=26))
    return declared_space("networks", declaration).parse(notation)


class Residual(nn.Module):
    """x + conv(act(norm(x)))."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.conv(F.silu(self.norm(x)))
        return y


class Squeezed(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.gate(F.adaptive_avg_pool2d(x, 1)))


class Network(nn.Module):
    """A stem, residual layers, two poolings side by side, and a classifier."""

    def __init__(self, kernels: tuple[int, ...] = (3,), *, squeezed: bool = False) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.layers = nn.Sequential(*(Residual(4, kernel) for kernel in kernels))
        self.gate = Squeezed(4) if squeezed else nn.Identity()
        self.classifier = nn.Linear(8, 10)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.gate(self.layers(self.stem(x)))
        x = torch.cat([F.max_pool2d(x, 2), F.avg_pool2d(x, kernel_size=2)], 1)
        x = F.adaptive_avg_pool2d(x, (1, 1))
        x = x.view(x.size(0), -1)
        y: Tensor = self.classifier(F.dropout(x, 0.1, self.training))
        return y


# Of Network((3,)).
NODES = ["input", "conv3x3", "conv3x3", "maxpool2x2", "avgpool2x2", "concat", "globalavgpool", "linear", "output"]
EDGES = [[0, 1], [1, 2], [1, 3], [1, 4], [2, 3], [2, 4], [3, 5], [4, 5], [5, 6], [6, 7], [7, 8]]
