"""Parameters of search libraries, for declared spaces of choices.

The variables of the space have the names of the parameters, and as their values those that the parameters take.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.plain import plain


def from_configspace(configuration: Any) -> dict[str, Any]:
    """The choices of a `Configuration` of ConfigSpace, or of its dictionary; what is inactive or None is left out.

    Raises:
        ArchitectureError: it is neither, or a value is no text, finite number or boolean.
    """
    values = configuration
    if not isinstance(values, Mapping) and hasattr(values, "get_dictionary"):  # before ConfigSpace 0.7
        values = values.get_dictionary()
    return _choices((name, value) for name, value in _mapping(values, "a Configuration").items() if value is not None)


def from_optuna(trial: Any) -> dict[str, Any]:
    """The choices of an Optuna trial, running or finished, or of its dictionary `params`.

    A running trial has the parameters that were suggested so far. Parameters that are no part of the architecture, such
    as a learning rate, are taken off `params` before.

    Raises:
        ArchitectureError: it is neither, or a value is no text, finite number or boolean.
    """
    return _choices(_mapping(getattr(trial, "params", trial), "an Optuna trial").items())


def from_nni(parameters: Any) -> dict[str, Any]:
    """The choices in what `nni.get_next_parameter()` returns, or in the dictionary of a model that NNI exports.

    A nested choice such as {"layer": {"_name": "conv", "kernel": 3}} gives two: "layer" is "conv", and "layer/kernel"
    is 3, a variable that exists when "layer" is "conv". {"_value": ..., "_idx": ...} is its value. Of several chosen
    inputs, as [0, 2], the choice is the text "0+2", and of a single one, as [2], its number.

    NNI documents these in https://nni.readthedocs.io/en/stable/hpo/search_space.html and
    https://nni.readthedocs.io/en/stable/nas/construct_space.html.

    Raises:
        ArchitectureError: it is no dictionary, a value is none of these, or two choices have the same name.
    """
    return _choices(_flat(_mapping(parameters, "what NNI chose"), ""))


def _mapping(value: Any, what: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise ArchitectureError(f"{what} has a value for each name; {shown(value)} has not")
    return value


def _choices(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for name, given in pairs:
        value = plain(given)
        if not isinstance(value, (str, int, float)) or (isinstance(value, float) and not isfinite(value)):
            raise ArchitectureError(
                f"{shown(value)} of {name!r} is no text, finite number or boolean, which choices are: let it choose a "
                "name for it"
            )
        if str(name) in choices:
            raise ArchitectureError(f"there are two choices of the name {str(name)!r}: rename a parameter")
        choices[str(name)] = value
    return {"choices": choices}


def _flat(parameters: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, given in parameters.items():
        name, value = f"{prefix}{key}", plain(given)
        if isinstance(value, Mapping) and "_value" in value:
            value = plain(value["_value"])
        if isinstance(value, Mapping):
            if "_name" not in value:
                raise ArchitectureError(
                    f"{name!r} chose {shown(value)}, which has no '_name': give each nested choice one, as NNI's own "
                    "tuners want it"
                )
            yield name, value["_name"]
            yield from _flat({inner: each for inner, each in value.items() if inner != "_name"}, f"{name}/")
        elif isinstance(value, list):
            yield (
                name,
                value[0] if len(value) == 1 else "+".join(sorted(map(str, value), key=lambda each: (len(each), each))),
            )
        else:
            yield name, value
