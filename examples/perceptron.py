"""What the other examples search: a multilayer perceptron for the digits of scikit-learn, a real training of a second.

    python examples/perceptron.py '{"choices": {"layers": 2, "width": 32, "taper": 0.5, "activation": "relu"}}'

prints its accuracy on held-out digits, in percent. Your own search has its own space and its own training here.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SPACE: dict[str, Any] = {
    "kind": "choices",
    "variables": [
        {"name": "layers", "values": [1, 2, 3, 4], "ordered": True},
        {"name": "width", "values": [4, 8, 16, 32, 64], "ordered": True},
        {"name": "taper", "values": [0.5, 0.75, 1.0], "ordered": True},
        {"name": "activation", "values": ["identity", "logistic", "relu", "tanh"]},
    ],
}
VALUES: dict[str, list[Any]] = {variable["name"]: variable["values"] for variable in SPACE["variables"]}
EPOCHS = 20


def epochs(choices: dict[str, Any]) -> Iterator[float]:
    """The accuracy after each epoch; each layer is narrower than the one before, by the factor `taper`."""
    digits, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(digits / 16, labels, test_size=0.5, random_state=0)
    widths = [max(2, round(choices["width"] * choices["taper"] ** layer)) for layer in range(choices["layers"])]
    network = MLPClassifier(widths, activation=choices["activation"], learning_rate_init=0.01, random_state=0)
    for _ in range(EPOCHS):
        network.partial_fit(train_x, train_y, classes=range(10))
        yield 100 * network.score(test_x, test_y)


def train(choices: dict[str, Any]) -> float:
    """The accuracy after all epochs."""
    return list(epochs(choices))[-1]


if __name__ == "__main__":
    print(train(json.loads(sys.argv[1])["choices"]))
