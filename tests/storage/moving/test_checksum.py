"""Checksums of histories."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.domain.correction import Action, Corrected, History
from app.storage.moving.checksum import Checksum, line
from tests.exchange.studies import NOON, trained

ONE = trained(0, metadata={"a": 1, "b": 2}, worker="gpu-1")
AMENDED = History(replace(ONE, worker="gpu-2"), (Corrected(2, Action.AMEND, "mara", "typo", ONE, NOON),))


def digest(histories: Sequence[History]) -> str:
    checksum = Checksum()
    for each in histories:
        checksum.add(each, line(each))
    return checksum.digest


def test_it_is_the_sha256_of_the_lines() -> None:
    assert digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest([History(ONE)]) == digest([History(replace(ONE, metadata={"b": 2, "a": 1}))])


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, metrics={"val_accuracy": 90.00000000000001}),
        replace(ONE, observed_at=NOON.replace(microsecond=123457)),
        replace(ONE, metadata={"a": 1.0, "b": 2}),
        replace(ONE, metadata={"a": True, "b": 2}),
        replace(ONE, revision=2),
        replace(ONE, retracted=True),
        replace(ONE, seed=2**64 - 1),
    ],
)
def test_the_last_digit_of_anything_counts(other: object) -> None:
    assert digest([History(ONE)]) != digest([History(other)])  # type: ignore[arg-type]


def test_order_and_corrections_count() -> None:
    two = History(trained(1))

    assert digest([AMENDED, two]) != digest([two, AMENDED])
    assert digest([AMENDED]) != digest([History(AMENDED.observation)])
    assert digest([AMENDED]) != digest([replace(AMENDED, corrections=(replace(AMENDED.corrections[0], actor=None),))])


def test_the_zero_that_sqlite_keeps_is_the_one_that_postgresql_keeps() -> None:
    assert digest([History(replace(ONE, metrics={"m": -0.0}))]) == digest([History(replace(ONE, metrics={"m": 0.0}))])
