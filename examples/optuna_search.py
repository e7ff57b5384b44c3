"""Optuna, with a sampler that asks EmProx for the architecture and tells it what became of each trial.

    EMPROX_URL=http://127.0.0.1:8000 python examples/optuna_search.py 40

All that the space does not have, such as a learning rate, is sampled by another sampler of Optuna.
"""

import sys
from collections.abc import Sequence
from typing import Any

import optuna
from emprox_client import Client, StudyHandle
from emprox_client.architectures import from_optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState
from perceptron import SPACE, VALUES, epochs


class EmProxSampler(BaseSampler):
    """Suggests the architectures of a study; for one objective.

    Args:
        study: of a space of choices, and of the metric.
        values: those of each variable that a trial suggests, in the same order.
        metric: what the objective returns.
        other: samples the parameters that are not of the architecture.
    """

    def __init__(
        self, study: StudyHandle, values: dict[str, list[Any]], metric: str, other: BaseSampler | None = None
    ) -> None:
        self._study, self._values, self._metric = study, values, metric
        self._other = other or RandomSampler()
        self._suggested: dict[int, dict[str, Any]] = {}  # choices, by number of the trial

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {name: CategoricalDistribution(values) for name, values in self._values.items()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        suggestion = self._study.suggest(worker=f"{study.study_name}-{trial.number}")[0]
        self._suggested[trial.number] = suggestion.architecture["choices"]
        return self._suggested[trial.number]

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._other.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        suggested = self._suggested.pop(trial.number, {})
        taken = {name: value for name, value in trial.params.items() if name in self._values}
        told: dict[str, Any] = {"metadata": {"trial": trial.number, "state": state.name}, "worker": study.study_name}
        if state == TrialState.COMPLETE and values:
            self._study.observe(from_optuna(taken), {self._metric: values[0]}, **told)
        elif taken:  # pruned or failed, maybe before it took all that was suggested
            self._study.observe(from_optuna({**suggested, **taken}), {}, status="failed", **told)


def objective(trial: optuna.Trial) -> float:
    """A trial as any other of Optuna."""
    choices = {name: trial.suggest_categorical(name, values) for name, values in VALUES.items()}
    accuracy = 0.0
    for epoch, accuracy in enumerate(epochs(choices)):
        trial.report(accuracy, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return accuracy


def main(trials: int = 40) -> None:
    with Client() as client:
        client.declare_space("perceptrons", SPACE)
        told = client.study("optuna")
        told.declare("perceptrons", ["val_accuracy"])
        sampler = EmProxSampler(told, VALUES, "val_accuracy")
        study = optuna.create_study(direction="maximize", sampler=sampler, pruner=optuna.pruners.MedianPruner())
        study.optimize(objective, n_trials=trials)
        print(f"best {study.best_value:.2f} % {study.best_params}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
