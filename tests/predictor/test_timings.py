"""Steps of an answer are timed, each without those within it."""

import time

import pytest

from app.predictor.timings import Spread, Timings, timed


def spent(timings: Timings, step: str) -> tuple[int, float]:
    """How often the step was taken, and the seconds of it."""
    counts, seconds = next(spread for name, spread in timings.steps.items() if name == step).counted()
    return sum(counts), seconds


def test_a_step_within_another_is_no_part_of_it() -> None:
    timings = Timings()

    before = time.perf_counter()
    with timings.measured(), timed("weights"), timed("neighbors"):
        time.sleep(0.1)
    total = time.perf_counter() - before

    assert spent(timings, "neighbors")[1] >= 0.1
    assert spent(timings, "neighbors")[1] + spent(timings, "weights")[1] <= total


def test_a_step_that_is_taken_twice_counts_once() -> None:
    timings = Timings()

    with timings.measured():
        for _ in range(2):
            with timed("parse"):
                time.sleep(0.01)

    count, seconds = spent(timings, "parse")
    assert count == 1
    assert seconds >= 0.02


def test_each_request_has_waited_for_itself() -> None:
    timings = Timings()

    with timings.measured([time.perf_counter() - 3, time.perf_counter() - 1]):
        pass

    count, seconds = spent(timings, "queue")
    assert (count, round(seconds)) == (2, 4)


def test_a_step_that_fails_is_timed_and_the_next_answer_starts_anew() -> None:
    timings, others = Timings(), Timings()

    with pytest.raises(ValueError, match="wrong"), timings.measured(), timed("parse"):
        raise ValueError("wrong")
    with others.measured():
        pass
    with timed("encode"):  # of no answer
        pass

    assert spent(timings, "parse")[0] == 1
    assert [spent(each, "encode")[0] for each in (timings, others)] == [0, 0]
    assert spent(others, "parse")[0] == 0


def test_a_value_counts_up_to_the_first_bound_that_holds_it() -> None:
    spread = Spread((1, 2))

    for value in (0.5, 1, 1.5, 7):
        spread.add(value)

    assert spread.counted() == ([2, 1, 1], 10)
