"""A worker: it asks what to train next, trains it, and tells what came out. Start as many as there are machines.

EMPROX_URL=http://127.0.0.1:8000 python examples/worker.py --worker gpu-7 --trainings 10
"""

import argparse

from emprox_client import Client
from perceptron import SPACE, train


def work(worker: str, trainings: int, study_name: str) -> None:
    """Train as many architectures as told."""
    with Client() as client:
        client.declare_space("perceptrons", SPACE)
        study = client.study(study_name)
        study.declare("perceptrons", ["val_accuracy"])
        for _ in range(trainings):
            # A worker that died and starts again under its name gets the architecture that it had not finished.
            suggestions = study.suggest(worker=worker)
            if not suggestions:
                break  # all that the space has was trained
            architecture = suggestions[0].architecture
            try:
                accuracy = train(architecture["choices"])
            except Exception as err:  # out of memory, a loss that is not a number: it is worth knowing, too
                study.observe(architecture, {}, status="failed", worker=worker, metadata={"error": str(err)[:200]})
                print(f"{worker}: {architecture} failed: {err}")
            else:
                study.observe(architecture, {"val_accuracy": accuracy}, worker=worker)
                print(f"{worker}: {architecture} has {accuracy:.2f} %")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", default="worker")
    parser.add_argument("--trainings", type=int, default=10)
    parser.add_argument("--study", default="perceptrons")
    options = parser.parse_args()
    work(options.worker, options.trainings, options.study)
