"""The blocks of a space of choices, on four variables whose features can be counted in the head."""

import pytest

from app.domain.graph import Graph
from app.encoder.blocks import Features
from app.encoder.choice_blocks import choice_features
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space

SPACE = declared_space(
    "mine",
    parse_declaration(
        {
            "kind": "choices",
            "variables": [
                {"name": "depth", "values": [1, 2], "ordered": True},
                {"name": "kernel0", "values": [3, 5, 7, 9], "ordered": True},
                {"name": "kernel1", "values": [3, 5, 7, 9], "ordered": True, "when": {"depth": [2]}},
                {"name": "activation", "values": ["relu", "swish"]},
            ],
        }
    ),
)
DEEP = {"depth": 2, "kernel0": 3, "kernel1": 7, "activation": "swish"}
SHALLOW = {"depth": 1, "kernel0": 9, "activation": "relu"}


def features_of(choices: dict[str, object]) -> dict[str, Features]:
    return choice_features(SPACE.parse({"choices": choices}).cells[0], SPACE.vocabulary)


def test_choice_marks_each_value_that_is_chosen() -> None:
    assert features_of(DEEP)["choice"] == {"depth=2": 1, "kernel0=3": 1, "kernel1=7": 1, "activation=swish": 1}


def test_an_inactive_variable_has_no_features() -> None:
    features = features_of(SHALLOW)

    assert features["choice"] == {"depth=1": 1, "kernel0=9": 1, "activation=relu": 1}
    assert features["rank"] == {"depth": 0.5, "kernel0": 1}


def test_rank_is_the_place_of_the_value_among_those_of_an_ordered_variable() -> None:
    assert features_of(DEEP)["rank"] == {"depth": 1, "kernel0": 0.25, "kernel1": 0.75}


def test_total_counts_values_and_adds_ranks_over_all_variables_with_the_same_values() -> None:
    assert features_of(DEEP)["total"] == {"like kernel0 =3": 1, "like kernel0 =7": 1, "like kernel0": 0.25 + 0.75}
    assert features_of(DEEP | {"kernel1": 3})["total"] == {"like kernel0 =3": 2, "like kernel0": 0.5}
    assert features_of(SHALLOW)["total"] == {"like kernel0 =9": 1, "like kernel0": 1}


def test_the_same_values_ordered_and_not_are_of_two_kinds() -> None:
    variables = [{"name": name, "values": [3, 5], "ordered": name in {"a", "b"}} for name in ("a", "b", "c")]
    space = declared_space("mine", parse_declaration({"kind": "choices", "variables": variables}))

    features = choice_features(space.parse({"choices": {"a": 3, "b": 5, "c": 5}}).cells[0], space.vocabulary)

    assert features["total"] == {"like a =3": 1, "like a =5": 1, "like a": 0.5 + 1}


def test_a_network_without_any_choice_has_no_features() -> None:
    features = choice_features(Graph(("input", "output"), ((0, 1),)), SPACE.vocabulary)

    assert features == {"choice": {}, "rank": {}, "total": {}}


@pytest.mark.parametrize(("n", "expected"), [(1, {}), (2, {"like a0": 1.0, "like a0 =yes": 2.0})])
def test_a_kind_of_one_variable_has_no_total(n: int, expected: Features) -> None:
    variables = [{"name": f"a{i}", "values": ["no", "yes", "too", "so"], "ordered": True} for i in range(n)]
    space = declared_space("mine", parse_declaration({"kind": "choices", "variables": variables}))

    architecture = space.parse({"choices": {f"a{i}": "yes" for i in range(n)}})

    assert choice_features(architecture.cells[0], space.vocabulary)["total"] == expected
