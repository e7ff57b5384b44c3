"""Parameters of search libraries, as a declared space of choices reads what is made of them."""

from typing import Any

import numpy as np
import optuna
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, EqualsCondition, Float, Integer
from emprox_client.architectures import ArchitectureError, from_configspace, from_nni, from_optuna

from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.space import SearchSpace


def space(*variables: dict[str, Any]) -> SearchSpace:
    return declared_space("choices", parse_declaration({"kind": "choices", "variables": list(variables)}))


BLOCKS = space(
    {"name": "layer", "values": ["Empty", "conv", "pool"]},
    {"name": "kernel", "values": [3, 5, 7], "when": {"layer": ["conv"]}},
    {"name": "scale", "values": [0.5, 1.0]},
    {"name": "se", "values": [True, False]},
)
CONV = {"choices": {"layer": "conv", "kernel": 5, "scale": 0.5, "se": True}}


def configuration_space() -> ConfigurationSpace:
    configs = ConfigurationSpace(seed=0)
    layer = Categorical("layer", ["Empty", "conv", "pool"])
    kernel = Categorical("kernel", [3, 5, 7])
    configs.add(layer, kernel, Float("scale", (0.5, 1.0)), Categorical("se", [True, False]))
    configs.add(EqualsCondition(kernel, layer, "conv"))
    return configs


def test_a_configuration_is_its_choices() -> None:
    values = {"layer": "conv", "kernel": 5, "scale": 0.5, "se": True}
    configuration = configuration_space().get_default_configuration().__class__(configuration_space(), values=values)

    assert BLOCKS.parse(from_configspace(configuration)).id == BLOCKS.parse(CONV).id
    assert from_configspace(dict(configuration)) == from_configspace(configuration) == CONV


def test_a_parameter_that_is_inactive_is_left_out() -> None:
    sampled = [from_configspace(each)["choices"] for each in configuration_space().sample_configuration(30)]

    assert {("kernel" in choices, choices["layer"] == "conv") for choices in sampled} == {(True, True), (False, False)}
    assert from_configspace({"layer": "pool", "kernel": None}) == {"choices": {"layer": "pool"}}


def test_numbers_of_numpy_become_pythons() -> None:
    configs = ConfigurationSpace(seed=0)
    configs.add(Integer("depth", (1, 3)), Float("width", (0.5, 1.0)), Constant("head", "linear"))

    choices = from_configspace(configs.sample_configuration())["choices"]

    assert {name: type(value) for name, value in choices.items()} == {"depth": int, "head": str, "width": float}


def suggested(trial: optuna.Trial) -> optuna.Trial:
    if trial.suggest_categorical("layer", ["Empty", "conv", "pool"]) == "conv":
        trial.suggest_int("kernel", 3, 7, step=2)
    trial.suggest_float("scale", 0.5, 1.0, step=0.5)
    trial.suggest_categorical("se", [True, False])
    return trial


def test_a_trial_of_optuna_is_its_choices_while_it_runs_and_after() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial(CONV["choices"])

    running = from_optuna(suggested(trial := study.ask()))
    study.tell(trial, 1.0)

    assert running == from_optuna(study.best_trial) == from_optuna(study.best_params) == CONV
    assert BLOCKS.parse(running).id == BLOCKS.parse(CONV).id
    for _ in range(20):
        assert BLOCKS.parse(from_optuna(suggested(study.ask())))


def test_what_nni_gives_a_trial_is_its_choices() -> None:
    # Microsoft's documentation of NNI, "Search Space"; the second is of its examples/trials/mnist-nested-search-space.
    flat = {"dropout_rate": 0.2029, "conv_size": 2, "hidden_size": 124}
    nested = {"layer0": {"_name": "Avg_pool", "pooling_size": 3}, "layer1": {"_name": "Empty"}}
    choices = {"layer0": "Avg_pool", "layer0/pooling_size": 3, "layer1": "Empty"}
    layers = space(
        {"name": "layer0", "values": ["Empty", "Avg_pool"]},
        {"name": "layer0/pooling_size", "values": [2, 3], "when": {"layer0": ["Avg_pool"]}},
        {"name": "layer1", "values": ["Empty", "Avg_pool"]},
    )

    assert from_nni(flat) == {"choices": flat}
    assert from_nni(nested) == {"choices": choices}
    assert layers.parse(from_nni(nested)).id == layers.parse({"choices": choices}).id


def test_choices_of_an_nni_model_are_layers_by_name_and_inputs_by_number() -> None:
    exported = {"conv1": {"_value": "conv5x5", "_idx": 1}, "conv2": "conv3x3", "skip": [2], "inputs": [10, 0, 2]}

    assert from_nni(exported)["choices"] == {"conv1": "conv5x5", "conv2": "conv3x3", "skip": 2, "inputs": "0+2+10"}


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: from_optuna([1, 2]), "an Optuna trial has a value for each name"),
        (lambda: from_configspace(3), "a Configuration has a value for each name; 3 has not"),
        (lambda: from_nni(None), "what NNI chose has a value for each name"),
        (lambda: from_optuna({"norm": None}), "None of 'norm' is no text, finite number or boolean"),
        (lambda: from_optuna({"kernels": (3, 5)}), r"\[3, 5\] of 'kernels' is no text, finite number or boolean"),
        (lambda: from_optuna({"lr": float("nan")}), "nan of 'lr' is no text, finite number or boolean"),
        (lambda: from_nni({"scale": np.float32("inf")}), "inf of 'scale' is no text, finite number or boolean"),
        (lambda: from_nni({"l": {"_name": "conv", "x": 3}, "l/x": 5}), "there are two choices of the name 'l/x'"),
        (lambda: from_configspace({1: "a", "1": "b"}), "there are two choices of the name '1'"),
        (lambda: from_nni({"layer": {"kernel": 3}}), "'layer' chose .* which has no '_name'"),
    ],
)
def test_what_is_no_choice_is_refused_with_the_way_out(made: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        made()
