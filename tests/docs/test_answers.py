"""What a page prints is compared with what the server answers, and a page may leave out what nobody reads."""

from typing import Any

import pytest

from .answers import differences, documents, made_up


@pytest.mark.parametrize(
    ("printed", "answered"),
    [
        ({"a": 1, "…": "…"}, {"a": 1, "b": 2}),
        ([1, "…"], [1, 2, 3]),
        ([1, "…"], [1]),
        ({"a": "…"}, {"a": [1, 2]}),
        (0.834, 0.8338),
        ("50af7b18-4f01-4be1-8db5-48b9c82e4c6e", "c467a820-e6e3-4fb4-b55b-3f535d5e2720"),
        ("2026-11-24T18:04:03.627587Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_what_is_left_out_rounded_or_made_up_is_no_difference(printed: Any, answered: Any) -> None:
    assert list(differences(printed, answered)) == []


@pytest.mark.parametrize(
    ("printed", "answered", "difference"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, ": the page does not tell of ['b']"),
        ({"a": 1, "b": 2}, {"a": 1}, ": the answer has no ['b']"),
        ({"a": [1, 2]}, {"a": [1]}, ".a: 1 items, and the page has 2"),
        ({"a": {"b": 2}}, {"a": {"b": 3}}, ".a.b: the page has 2, the answer 3"),
        (0.83, 0.84, ": the page has 0.83, the answer 0.84"),
        (1.0, True, ": the page has 1.0, the answer True"),
        ("ok", "not ok", ": the page has 'ok', the answer 'not ok'"),
    ],
)
def test_what_differs_is_told_with_its_place(printed: Any, answered: Any, difference: str) -> None:
    assert list(differences(printed, answered)) == [difference]


def test_documents_may_follow_one_another_without_a_line_break() -> None:
    assert documents('{"a": 1}{"b": 2}\n[3]') == [{"a": 1}, {"b": 2}, [3]]


def test_an_id_of_the_page_is_known_by_the_one_that_was_answered() -> None:
    printed, answered = "50af7b18-4f01-4be1-8db5-48b9c82e4c6e", "c467a820-e6e3-4fb4-b55b-3f535d5e2720"

    assert made_up([{"id": printed, "n": 1}], [{"id": answered, "n": 2}]) == {printed: answered}
