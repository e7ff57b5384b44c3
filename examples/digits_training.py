"""A training that takes seconds: cells of NAS-Bench-201 in a small network, on scikit-learn's handwritten digits.

The network has the outline of the benchmark's (X. Dong, Y. Yang, "NAS-Bench-201", ICLR 2020): a stem, cells, a
reduction between them, global pooling; with one cell in each of two stages. Images are few, so that cells differ.
"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

N_TRAIN = 300  # images; the other 1,497 tell how good a cell is
CHANNELS = 8
BATCH = 50
LEARNING_RATE = 0.05


class Digits(NamedTuple):
    """Images of shape (n, 1, 8, 8) from 0 to 1 and their digits, to learn from and to test on."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def digits() -> Digits:
    """The digits, always divided in the same way."""
    images, labels = load_digits(return_X_y=True)
    scaled = (images.reshape(-1, 1, 8, 8) / 16).astype(np.float32)
    parts = train_test_split(scaled, labels, train_size=N_TRAIN, random_state=0, stratify=labels)
    train, test, train_labels, test_labels = map(torch.from_numpy, parts)
    return Digits(train, train_labels, test, test_labels)


def accuracy(cell: str, data: Digits, epochs: int, seed: int) -> float:
    """Train a network of this cell, and say how many of 100 test images it names rightly."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # each worker is a process of its own
    network = Network(cell)
    optimizer = torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    n_steps = epochs * -(-N_TRAIN // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, n_steps)
    for _ in range(epochs):
        for chosen in torch.randperm(N_TRAIN).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(data.train_images[chosen]), data.train_labels[chosen])
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        named = network(data.test_images).argmax(dim=1)
    return 100 * float((named == data.test_labels).float().mean())


class Network(nn.Module):
    """Stem, cell, reduction, cell, pooling, one score a digit."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        wide = 2 * CHANNELS
        self.layers = nn.Sequential(
            nn.Conv2d(1, CHANNELS, 3, padding=1, bias=False),
            nn.BatchNorm2d(CHANNELS),
            Cell(cell, CHANNELS),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, wide, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(wide),
            Cell(cell, wide),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(wide, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Scores of shape (n, 10)."""
        return self.layers(images)


class Cell(nn.Module):
    """A cell by its notation, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`: a group for each node after the input."""

    def __init__(self, cell: str, channels: int) -> None:
        super().__init__()
        groups = [[edge.split("~") for edge in group.strip("|").split("|")] for group in cell.split("+")]
        self.sources = [[int(source) for operation, source in group if operation != "none"] for group in groups]
        self.operations = nn.ModuleList(
            nn.ModuleList(_operation(name, channels) for name, _ in group if name != "none") for group in groups
        )

    def forward(self, first: Tensor) -> Tensor:
        """The last node; each is the sum of what comes to it."""
        nodes = [first]
        for sources, operations in zip(self.sources, self.operations, strict=True):
            into = [operation(nodes[source]) for source, operation in zip(sources, operations, strict=True)]
            nodes.append(torch.stack(into).sum(dim=0) if into else torch.zeros_like(first))
        return nodes[-1]


def _operation(name: str, channels: int) -> nn.Module:
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    size = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}[name]
    convolution = nn.Conv2d(channels, channels, size, padding=size // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(channels))
