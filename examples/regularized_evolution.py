"""Regularized evolution (Real et al., AAAI 2019) that trains only the most promising of thirty children.

EMPROX_URL=http://127.0.0.1:8000 python examples/regularized_evolution.py 40
"""

import random
import sys
from collections import deque

from emprox_client import Client
from perceptron import SPACE, VALUES, train

POPULATION, SAMPLE, CHILDREN = 10, 4, 30


def mutated(parent: dict) -> dict:
    name = random.choice(list(VALUES))
    return {**parent, name: random.choice([value for value in VALUES[name] if value != parent[name]])}


def main(trainings: int = 40) -> None:
    client = Client()
    client.declare_space("perceptrons", SPACE)
    study = client.study("evolution")
    study.declare("perceptrons", ["val_accuracy"])
    population = deque(maxlen=POPULATION)  # the oldest dies
    for _ in range(trainings):
        if len(population) < POPULATION:
            choices = {name: random.choice(values) for name, values in VALUES.items()}
        else:
            parent = max(random.sample(population, SAMPLE), key=lambda each: each[1])[0]
            children = [{"choices": mutated(parent)} for _ in range(CHILDREN)]
            choices = study.predict(children).best()[0]["choices"]  # without estimates: mutated(parent)
        accuracy = train(choices)  # your own training
        study.observe({"choices": choices}, {"val_accuracy": accuracy})
        population.append((choices, accuracy))
        print(f"{accuracy:.2f} % {choices}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
