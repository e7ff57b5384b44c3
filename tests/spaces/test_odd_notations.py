"""Whatever stands at any place of a notation, it is an architecture or refused in a few words: nothing else happens."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidArchitectureError
from app.spaces.nasbench201 import EXAMPLE
from app.spaces.registry import get_space, space_names
from app.spaces.space import SearchSpace

from .declared.declarations import json_values
from .genotypes import DARTS_V2, DARTS_V2_CONFIG

Place = tuple[int | str, ...]

EXAMPLES: dict[str, list[Any]] = {
    "darts": [DARTS_V2, DARTS_V2_CONFIG],
    "nasbench101": [
        {
            "matrix": [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]],
            "ops": ["input", "conv3x3-bn-relu", "maxpool3x3", "output"],
        }
    ],
    "nasbench201": [EXAMPLE],
    "nasbench_graph": [{"link": [0, 0, 1, 2], "ops": ["gcn", "gat", "skip", "fc"]}],
}
EVERY = [(get_space(name), example) for name, examples in EXAMPLES.items() for example in examples]
every_example = pytest.mark.parametrize(("space", "example"), EVERY, ids=lambda value: getattr(value, "name", ""))


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


# More than the service lets through, which refuses lone surrogates, NaN, infinity and any depth before a space sees it.
ODD: tuple[object, ...] = (
    None, True, False, -1, 2**64, 10**5000, -(10**5000), 0.5, 1e400, float("nan"), "", "0", "\x00", "\ud800",
    "x" * 1_000_000, b"bytes", [], [0], [[]], [0] * 100_000, nested(5000), {}, {"a": nested(5000)}, {"x" * 100_000: 1},
)  # fmt: skip


def places(notation: object) -> Iterator[Place]:
    """Where a value stands in a notation: the whole, and the keys and indices that lead to each part."""
    yield ()
    if isinstance(notation, dict | list):
        for key, part in notation.items() if isinstance(notation, dict) else enumerate(notation):
            yield from ((key, *rest) for rest in places(part))


def replaced(notation: Any, place: Place, value: object) -> Any:
    """The notation with another value at this place."""
    if not place:
        return value
    whole = deepcopy(notation)
    part = whole
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return whole


def refusal(space: SearchSpace, notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        space.parse(notation)
    return str(caught.value)


def test_every_space_has_an_example() -> None:
    assert sorted(EXAMPLES) == space_names()
    for space, example in EVERY:
        assert space.parse(example)


@every_example
@settings(deadline=None, max_examples=200)
@given(data=st.data(), value=json_values)
def test_any_json_value_at_any_place_is_an_architecture_or_refused(
    space: SearchSpace, example: object, data: st.DataObject, value: object
) -> None:
    place = data.draw(st.sampled_from(list(places(example))))

    try:
        architecture = space.parse(replaced(example, place, value))
    except InvalidArchitectureError:
        return
    assert space.parse(architecture.notation) == architecture


@every_example
def test_an_odd_value_at_any_place_is_refused_in_a_few_words(space: SearchSpace, example: object) -> None:
    for place in places(example):
        for value in ODD:
            message = refusal(space, replaced(example, place, value))

            assert 20 < len(message) < 500
            assert message.encode()  # a lone surrogate could not be sent


@every_example
@pytest.mark.parametrize("field", ["field", "", "\x00", "\ud800", "x" * 100_000, 1, None])
def test_a_field_that_there_is_not_is_refused(space: SearchSpace, example: object, field: object) -> None:
    if isinstance(example, dict):
        message = refusal(space, {**example, field: 1})

        assert len(message) < 500
        assert message.encode()


@every_example
def test_a_field_that_is_missing_is_refused(space: SearchSpace, example: object) -> None:
    if isinstance(example, dict):
        for field in example:
            without = {other: value for other, value in example.items() if other != field}
            if not field.endswith("_concat"):
                assert len(refusal(space, without)) < 500
