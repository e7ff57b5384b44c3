"""What is remembered has a bound, and anyone can see it."""

from app.domain.remembering import Remembered, remembered, remembering


def test_the_least_recently_used_is_forgotten_first() -> None:
    asked = []

    @remembering("squares of a test", limit=2)
    def square(n: int) -> int:
        asked.append(n)
        return n * n

    assert [square(n) for n in (1, 2, 1, 3, 1, 2)] == [1, 4, 1, 9, 1, 4]
    assert asked == [1, 2, 3, 2]
    assert Remembered("squares of a test", 2, 2) in list(remembered())


def test_everything_that_is_remembered_has_a_limit() -> None:
    assert all(each.limit > 0 for each in remembered())
