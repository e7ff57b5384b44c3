"""Candidates that are not read again are those that the body says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.as_written import as_written
from app.api.json_body import decoded

from .cells import CELLS
from .serving import Server

KEYS = st.sampled_from(["a", "b", "candidates", "},{", '"', "}]"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([1.5, "x", "},{", "}, {", '}]"', "é", "\\"])
OBJECTS = st.dictionaries(KEYS, SCALARS | st.lists(SCALARS | st.dictionaries(KEYS, SCALARS, max_size=2)), max_size=3)


def told(value: Any) -> Any:
    """A body with its candidates read after all."""
    candidates = [decoded(each) if isinstance(each, bytes) else each for each in value["candidates"]]
    return {**value, "candidates": candidates}


@given(
    st.lists(OBJECTS, min_size=1, max_size=4),
    st.dictionaries(KEYS, SCALARS | OBJECTS, max_size=2),
    st.booleans(),
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :")]),
)
def test_what_is_found_is_what_the_body_says(
    candidates: list[Any], rest: dict[str, Any], first: bool, ascii_only: bool, separators: tuple[str, str]
) -> None:
    said = {"candidates": candidates, **{k: v for k, v in rest.items() if k != "candidates"}}
    pairs = said if first else dict(reversed(said.items()))
    body = json.dumps(pairs, separators=separators, ensure_ascii=ascii_only).encode()

    found = as_written(body)

    assert found is None or repr(sorted(told(found).items())) == repr(sorted(said.items()))


@pytest.mark.parametrize("space", ["", " "], ids=["compact", "spaced"])
def test_candidates_of_a_search_are_found(space: str) -> None:
    candidates = [{"matrix": [[0, 1], [0, 0]], "ops": ["input", "output"]}, {"nodes": ["input"], "edges": []}]
    body = json.dumps({"candidates": candidates, "k": 3}, separators=(f",{space}", f":{space}")).encode()

    found = as_written(body)

    assert found is not None
    assert all(isinstance(each, bytes) for each in found["candidates"])
    assert told(found) == {"candidates": candidates, "k": 3}


def test_spaces_make_no_other_candidate() -> None:
    bodies = b'{"candidates": [{"a": [1, 2]}, {"b": "x y"}]}', b'{"candidates":[{"a":[1,2]},{"b":"x y"}]}'

    spaced, compact = map(as_written, bodies)

    assert spaced == compact == {"candidates": [b'{"a":[1,2]}', b'{"b":"x y"}']}


def test_numbers_that_are_written_longer_than_they_came_do_not_fill_the_memory() -> None:
    body = b'{"candidates":[{"a":[%s]}]}' % b",".join([b"1e15"] * 300)

    assert as_written(body) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"candidates":["|none~0|"]}',
        b'{"candidates":[{"a":1},"b"]}',
        b'{"candidates":[{"a":1}  ,  {"b":2}]}',
        b'{"candidates":[{"a":1,"a":2}]}',
        b'{"candidates":[{"a":1e999}]}',
        b'{"candidates":[{"a":"\\u0000"}]}',
        b'{"candidates":[{"a":9223372036854775808}]}',
        b'{"candidates":[{"a":[{"b":1},{"c":2}]}]}',
        b'{"x":["\\"candidates\\":[{}]"]}',
        b'{"inner":{"candidates":[{}]}}',
        b'{"candidates":[{}',
        b'{"candidates":[{"a":1},]}',
        b'{"candidates":[{"a":1}],"k":7310588629144}',
    ],
    ids=bytes.decode,
)
def test_what_is_not_surely_right_is_left_to_be_read_as_a_whole(body: bytes) -> None:
    assert as_written(body) is None


@pytest.mark.anyio
async def test_an_object_is_told_what_is_wrong_with_it_each_time(server: Server) -> None:
    await server.http.post(
        "/observe", json={"observations": [{"architecture": CELLS[0], "metrics": {"val_accuracy": 9}}]}
    )
    tree = {"nodes": ["input", "output"], "edges": [[0, 1]]}

    answers = [(await server.http.post("/predict", json={"candidates": [tree, tree]})).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert [each["error"]["type"] for each in answers[0]["predictions"]] == ["invalid_architecture"] * 2
