"""A declaration of choices that breaks a rule is refused with the value, the rule and the way out."""

import json
from contextlib import suppress
from math import inf, nan

import pytest
from hypothesis import given

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.reading import parse_declaration

from .declarations import CHOICES, Fields, json_values, refusal, small_choices_declarations


def of(*variables: object) -> Fields:
    return {"kind": "choices", "variables": list(variables)}


A: Fields = {"name": "a", "values": [1, 2]}
B: Fields = {"name": "b", "values": ["x", "y"], "when": {"a": [1]}}


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ({"kind": "choices"}, "a space of choices has 1 to 128 variables, not 0: list them under 'variables'"),
        ({"kind": "choices", "variables": 3}, "variables of the declaration is a list of objects with a name"),
        (of(*({"name": f"v{i}", "values": [1, 2]} for i in range(129))), "has 1 to 128 variables, not 129"),
        (of(A) | {"max_edges": 3}, "field 'max_edges' of the declaration is not known: the fields are kind, variables"),
        (of(3), "a variable is an object with the fields name, values, ordered, when, not 3"),
        (of({"values": [1]}), "a variable has no field 'name': give a name for it"),
        (of({"name": "a"}), "a variable has no field 'values': give the values of variable 'a'"),
        (of(A | {"value": 3}), "field 'value' of a variable is not known"),
        (of(A | {"name": "a=b"}), "variable 'a=b' has a '=', which separates names: rename it"),
        (of(A | {"name": 3}), "variable 3 is not a string: put it in quotes"),
        (of(A, A), "variable 'a' is declared twice: give each a name of its own"),
        (of(A | {"values": []}), "variable 'a' has 0 values: list 1 to 64 of them"),
        (of(A | {"values": list(range(65))}), "variable 'a' has 65 values: list 1 to 64 of them"),
        (of(A | {"values": 3}), "values of variable 'a' are a list, not 3"),
        (of(A | {"values": [1, 2, 1]}), "values 1 and 1 of variable 'a' are both written 'a=1': list each value once"),
        (of(A | {"values": [5, 5.0]}), "values 5 and 5 of variable 'a' are both written 'a=5'"),
        (of(A | {"values": [5, "5"]}), "values 5 and '5' of variable 'a' are both written 'a=5'"),
        (of(A | {"values": [True, "true"]}), "values true and 'true' of variable 'a' are both written 'a=true'"),
        (of(A | {"values": [None, 1]}), "value of variable 'a' null is not a string, a number, true or false"),
        (of(A | {"values": [[1], 1]}), "value of variable 'a' a list of 1 is not a string"),
        (of(A | {"values": [nan, 1]}), "value of variable 'a' NaN is not a number from -2^53 to 2^53"),
        (of(A | {"values": [inf, 1]}), "value of variable 'a' Infinity is not a number from -2^53 to 2^53"),
        (of(A | {"values": [10**5000]}), "a number of more than 20 digits is not a number from -2^53 to 2^53"),
        (of(A | {"values": ["3,3"]}), "value of variable 'a' '3,3' has a ',', which separates names: rename it"),
        (of(A | {"ordered": "yes"}), "ordered of variable 'a' is true or false, not 'yes'"),
        (of(A, B | {"when": ["a"]}), "when of variable 'b' is an object from the names of other variables"),
        (of(A, B | {"when": {"a": 1}}), "the condition of variable 'b' on 'a' is a list of values, not 1: put it in"),
        (of(A, B | {"when": {1: [1]}}), "the condition of variable 'b' on 1 names no variable: put the name in quotes"),
        (of(A, B | {"when": {"a": []}}), "the condition of variable 'b' on 'a' lists no values: add one"),
        (of(A, B | {"when": {"z": [1]}}), "variable 'b' exists when 'z' is 1, but 'z' is not a variable: a, b"),
        (of(B, A), "variable 'b' exists when 'a' is 1, but 'a' is not declared before it: move it up"),
        (of(A, B | {"when": {"b": ["x"]}}), "but 'b' is not declared before it"),
        (of(A, B | {"when": {"a": [3]}}), "variable 'b' exists when 'a' is 3, but 3 is not a value of 'a': 1, 2"),
        (of(A, B | {"when": {"a": [True]}}), "exists when 'a' is true, but true is not a value of 'a': 1, 2"),
        (of(A, B | {"when": {"a": ["1"]}}), "exists when 'a' is '1', but '1' is not a value of 'a': 1, 2"),
        (
            of(A, B, {"name": "c", "values": [1, 2], "when": {"a": [2], "b": ["x"]}}),
            "the conditions of variable 'c' can never hold together: they leave no value for 'a'",
        ),
        (
            of({"name": "a", "values": [1]}, B | {"values": ["x"]}),
            "the space has a single architecture: give a variable",
        ),
    ],
)
def test_a_wrong_field_is_named(declaration: Fields, message: str) -> None:
    assert message in refusal(declaration)


def test_conditions_that_hold_together_through_several_variables_are_taken() -> None:
    declaration = of(A, B, {"name": "c", "values": [1, 2], "when": {"a": [1, 2], "b": ["x"]}})

    parse_declaration(declaration)


def test_whole_numbers_and_the_order_of_conditions_have_one_form() -> None:
    one = of(A, {"name": "b", "values": ["x"]}, {"name": "c", "values": [5, 0.5], "when": {"b": ["x"], "a": [2, 1]}})
    other = of(
        {"name": "a", "values": [1.0, 2.0], "ordered": False},
        {"name": "b", "values": ["x"], "when": {}},
        {"name": "c", "values": [5.0, 0.5], "when": {"a": [1, 2.0, 1], "b": ["x"]}},
    )

    assert parse_declaration(one).to_json() == parse_declaration(other).to_json()


def test_true_and_1_are_two_values_in_the_normal_form() -> None:
    with_one, with_true = (parse_declaration(of({"name": "a", "values": [value, 2]})) for value in (1, True))

    assert with_one.to_json() != with_true.to_json()


@given(small_choices_declarations())
def test_the_normal_form_of_a_declaration_declares_the_same(fields: Fields) -> None:
    declaration = parse_declaration(fields)

    assert parse_declaration(json.loads(declaration.to_json())).to_json() == declaration.to_json()


@given(json_values)
def test_no_json_value_of_any_field_breaks_the_reading(value: object) -> None:
    first, *others = CHOICES["variables"]
    changed = [CHOICES | {"variables": value}, CHOICES | {"variables": [first, value]}]
    changed += [CHOICES | {"variables": [first, others[0] | {field: value}]} for field in others[0]]
    for fields in changed:
        with suppress(InvalidSpaceError):
            parse_declaration(fields)


def test_a_condition_lists_no_more_values_than_a_variable_can_have() -> None:
    message = refusal(of(A, B | {"when": {"a": [1] * 65}}))

    assert message.startswith("the condition of variable 'b' on 'a' lists 65 values: a variable has up to 64")


def test_every_variable_may_depend_on_all_before_it() -> None:
    values = list(range(64))
    variables = [
        {"name": f"v{i}", "values": values, "when": {f"v{j}": values[:63] for j in range(i)}} for i in range(128)
    ]

    assert len(parse_declaration(of(*variables)).variables) == 128  # type: ignore[union-attr]
