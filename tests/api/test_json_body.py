import json
from typing import Any

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st

from app.api.json_body import decoded

# With what marks keys, escapes and numbers that overflow.
TEXTS = st.one_of(st.sampled_from([":", "Infinity", "NaN", "a"]), st.text(':"\\,{}a', max_size=5), st.text(max_size=5))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_what_json_can_say_is_read_as_python_reads_it(value: object, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()

    assert repr(decoded(body)) == repr(value)


@given(st.lists(st.tuples(TEXTS, VALUES), min_size=1, max_size=4), st.data(), st.booleans())
def test_a_key_given_twice_is_refused_at_any_depth(
    pairs: list[tuple[str, object]], data: st.DataObject, ascii_only: bool
) -> None:
    again = (data.draw(st.sampled_from(pairs))[0], data.draw(VALUES))

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=ascii_only)

    twice = "{" + ",".join(f"{text(key)}:{text(value)}" for key, value in [*pairs, again]) + "}"

    with pytest.raises(HTTPException, match="is given twice in one object"):
        decoded(f'[{{"deeper": [{twice}]}}]'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": ":"}',  # one colon too few, and one too many
        b'{"a": 1, "a": "\\u003a"}',
        b'{"a:": 1, "a:": 2}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"a": {"b": 1}, "a": 2, "c": "::"}',
        b'{"a": 1e999}',
        b'{"a": -1e999, "b": "Infinity"}',
        b"[1" + b"0" * 400 + b".0]",
    ],
    ids=bytes.decode,
)
def test_what_would_be_read_as_something_else_is_refused(body: bytes) -> None:
    with pytest.raises(HTTPException, match=r"is given twice|is too large"):
        decoded(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"-0", 0),
        (b"-0.0", -0.0),
        (b"1E5", 100000.0),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"5e-324", 5e-324),
        (b"1e-400", 0.0),
        (b"0.1000000000000000055511151231257827021181583404541015625", 0.1),
        (b'"Infinity: \xc3\xa9"', "Infinity: \u00e9"),
    ],
    ids=str,
)
def test_numbers_and_text_keep_their_value_and_type(body: bytes, value: object) -> None:
    assert repr(decoded(body)) == repr(value)
