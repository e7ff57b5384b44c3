"""The architectures of a study, by number."""

from math import nan
from typing import Any

import numpy as np
import pytest

from app.predictor.architectures import Architectures

from .models import names, points

WHERE = points(40)
UNKNOWN = (nan, nan)


def architectures(n: int, n_proxies: int = 0) -> Architectures:
    """The first n of WHERE, called p0, p1 and so on, whose proxies are n and 2 n."""
    found = Architectures(4, n_proxies)
    proxies = [(float(i), 2.0 * i)[:n_proxies] for i in range(n)]
    found.add(names(n), [{"cell": i} for i in range(n)], WHERE[:n], proxies)
    return found


def test_numbers_count_on_in_the_order_of_first_appearance() -> None:
    found = Architectures(4, 0)

    first = found.add(["b", "a", "b"], ["B", "A", "other B"], WHERE[:3], [()] * 3)
    second = found.add(["c", "a"], ["C", "other A"], WHERE[3:5], [()] * 2)

    assert first.tolist() == [0, 1, 0]
    assert second.tolist() == [2, 1]
    assert [found.id(number) for number in range(3)] == ["b", "a", "c"]
    assert [found.notation(number) for number in range(3)] == ["B", "A", "C"]
    np.testing.assert_array_equal(found.columns, WHERE[[0, 1, 3]])
    assert (found.number("c"), found.number("d")) == (2, None)


def test_a_notation_comes_back_as_it_was() -> None:
    found = Architectures(4, 0)
    notations: list[Any] = ["|nor_conv_3x3~0|", {"matrix": [[0, 1], [0, 0]], "ops": ["input", "é"]}, [1, 2.5, None], ""]

    found.add(names(4), notations, WHERE[:4], [()] * 4)

    assert [found.notation(number) for number in range(4)] == notations


def test_a_trained_architecture_is_where_it_was_first() -> None:
    found = architectures(3)

    np.testing.assert_array_equal(found.row("p1", WHERE[30], ()), WHERE[1])
    np.testing.assert_array_equal(found.row("unseen", WHERE[30], ()), WHERE[30])


def test_proxies_are_the_first_that_are_all_known() -> None:
    found = Architectures(4, 2)

    for proxies in (UNKNOWN, (1.0, nan), (2.0, 3.0), (4.0, 5.0)):
        found.add(["p"], ["P"], WHERE[:1], [proxies])

    assert found.columns[0, 4:].tolist() == [2, 3]
    np.testing.assert_array_equal(found.embedding(0), WHERE[0])


def test_until_its_proxies_are_known_those_of_the_question_count() -> None:
    found = Architectures(4, 2)
    found.add(["p"], ["P"], WHERE[:1], [UNKNOWN])

    assert found.row("p", WHERE[9], (7.0, 8.0)).tolist() == [*WHERE[0].tolist(), 7, 8]


@pytest.mark.parametrize("n_proxies", [0, 2])
def test_a_snapshot_gives_the_same_architectures_which_go_on(n_proxies: int) -> None:
    whole, part = architectures(40, n_proxies), architectures(25, n_proxies)

    again = Architectures.kept(4, n_proxies, part.snapshot())
    more = range(20, 40)
    proxies = [(float(i), 2.0 * i)[:n_proxies] for i in more]
    again.add([f"p{i}" for i in more], [{"cell": i} for i in more], WHERE[20:], proxies)

    assert len(again) == 40
    np.testing.assert_array_equal(again.columns, whole.columns)
    assert [again.notation(number) for number in range(40)] == [whole.notation(number) for number in range(40)]
    assert [again.number(name) for name in names(40)] == list(range(40))


def test_a_snapshot_stays_as_it_was() -> None:
    found = architectures(5)
    snapshot = found.snapshot()

    found.add([f"q{i}" for i in range(30)], ["Q"] * 30, WHERE[:30], [()] * 30)

    assert len(Architectures.kept(4, 0, snapshot)) == 5


def test_an_id_that_is_too_long_is_refused_and_nothing_is_taken_in() -> None:
    found = architectures(2)

    with pytest.raises(ValueError, match="has more than 32 characters"):
        found.add(["new", "x" * 33], ["N", "X"], WHERE[:2], [()] * 2)

    assert len(found) == 2
    assert found.number("new") is None
