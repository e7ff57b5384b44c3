"""Syne Tune, with a searcher that asks EmProx what to try and tells it what came out.

    EMPROX_URL=http://127.0.0.1:8000 python examples/syne_tune_search.py 40

Two trials run at a time, each in a process of its own, which is this file once more.
"""

import argparse
import sys
from typing import Any
from uuid import uuid4

from emprox_client import Client, StudyHandle
from perceptron import SPACE, VALUES, train
from syne_tune import Reporter, StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import choice
from syne_tune.optimizer.schedulers.searchers.single_objective_searcher import SingleObjectiveBaseSearcher
from syne_tune.optimizer.schedulers.single_objective_scheduler import SingleObjectiveScheduler


class EmProxSearcher(SingleObjectiveBaseSearcher):
    """Suggests the architectures of a study, for a scheduler that maximizes one metric.

    Args:
        study: of a space of choices, and of the metric.
        config_space: a `choice` for each variable.
        metric: name of the metric.
    """

    def __init__(self, study: StudyHandle, config_space: dict[str, Any], metric: str) -> None:
        super().__init__(config_space)
        self._study, self._metric = study, metric
        self._name = f"syne-tune-{uuid4()}"
        self._suggested: list[dict[str, Any]] = []  # by number of the trial

    def suggest(self) -> dict[str, Any] | None:
        suggestions = self._study.suggest(worker=f"{self._name}-{len(self._suggested)}")
        if not suggestions:
            return None  # all that the space has was trained
        self._suggested.append(suggestions[0].architecture)
        return dict(suggestions[0].architecture["choices"])

    def on_trial_complete(self, trial_id: int, config: dict[str, Any], metric: float) -> None:
        # Of what is to be maximized, Syne Tune gives searchers the negative.
        self._study.observe(self._suggested[trial_id], {self._metric: -metric}, metadata={"trial": trial_id})

    def on_trial_error(self, trial_id: int) -> None:
        self._study.observe(self._suggested[trial_id], {}, status="failed", metadata={"trial": trial_id})


def trial(arguments: list[str]) -> None:
    """Train what Syne Tune writes on the command line."""
    parser = argparse.ArgumentParser()
    for name, values in VALUES.items():
        parser.add_argument(f"--{name}", type=type(values[0]), required=True)
    choices = vars(parser.parse_known_args(arguments)[0])
    Reporter()(val_accuracy=train(choices))


def main(trials: int = 40) -> None:
    """Search."""
    with Client() as client:
        client.declare_space("perceptrons", SPACE)
        study = client.study("syne-tune")
        study.declare("perceptrons", ["val_accuracy"])
        config_space = {name: choice(values) for name, values in VALUES.items()}
        scheduler = SingleObjectiveScheduler(
            config_space,
            metric="val_accuracy",
            do_minimize=False,
            searcher=EmProxSearcher(study, config_space, "val_accuracy"),
        )
        Tuner(
            # They train on CPUs; looking for GPUs would leave a file `std.out` here.
            trial_backend=LocalBackend(entry_point=__file__, rotate_gpus=False),
            scheduler=scheduler,
            stop_criterion=StoppingCriterion(max_num_trials_finished=trials),
            n_workers=2,
            sleep_time=0.2,
            wait_trial_completion_when_stopping=True,  # what has begun to train counts too
            save_tuner=False,  # it would pickle the connection
        ).run()


if __name__ == "__main__":
    if "--st_checkpoint_dir" in sys.argv:
        trial(sys.argv[1:])
    else:
        main(*map(int, sys.argv[1:2]))
