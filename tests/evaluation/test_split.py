import numpy as np
import pytest

from app.domain.errors import EmproxError
from app.evaluation.protocol import Protocol, split

DISTINCT = [str(i) for i in range(20)]
IN_PAIRS = [str(i // 2) for i in range(40)]


def drawn(ids: list[str], protocol: Protocol, seed: int = 0) -> tuple[list[int], list[int]]:
    train, test = split(ids, protocol, np.random.default_rng(seed))
    return train.tolist(), test.tolist()


def test_train_and_test_have_the_sizes_asked_for_and_no_row_in_common() -> None:
    train, test = drawn(DISTINCT, Protocol(train=12, test=5))

    assert (len(set(train)), len(set(test))) == (12, 5)
    assert not set(train) & set(test)


def test_without_a_test_size_all_others_are_tested() -> None:
    train, test = drawn(DISTINCT, Protocol(train=12, test=None))

    assert sorted(train + test) == list(range(20))


def test_the_same_seed_draws_the_same_rows_and_another_seed_others() -> None:
    protocol = Protocol(train=12, test=5)

    assert drawn(DISTINCT, protocol, seed=7) == drawn(DISTINCT, protocol, seed=7)
    assert drawn(DISTINCT, protocol, seed=7) != drawn(DISTINCT, protocol, seed=8)


@pytest.mark.parametrize("seed", range(5))
def test_an_isomorphic_split_tests_no_network_that_was_trained(seed: int) -> None:
    train, test = drawn(IN_PAIRS, Protocol(train=12, test=8, isomorphic_split=True), seed)

    assert (len(train), len(test)) == (12, 8)
    assert not {IN_PAIRS[i] for i in train} & {IN_PAIRS[i] for i in test}


def test_a_plain_split_may_test_a_network_that_was_trained() -> None:
    train, test = drawn(IN_PAIRS, Protocol(train=20, test=20))

    assert {IN_PAIRS[i] for i in train} & {IN_PAIRS[i] for i in test}


@pytest.mark.parametrize(("train", "test"), [(12, 9), (21, 0), (21, None), (19, None)])
def test_too_few_rows_are_told_with_what_was_asked(train: int, test: int | None) -> None:
    with pytest.raises(EmproxError, match=f"^20 architectures are too few for {train} to train and .* ask for fewer$"):
        drawn(DISTINCT, Protocol(train, test))


def test_rows_that_are_isomorphic_to_trained_ones_do_not_count_as_others() -> None:
    same_network = ["a"] * 20

    with pytest.raises(EmproxError, match="are too few for 12 to train and 5 to test that are not isomorphic to those"):
        drawn(same_network, Protocol(train=12, test=5, isomorphic_split=True))


def test_a_single_architecture_to_test_is_refused_as_it_has_no_rank() -> None:
    with pytest.raises(EmproxError, match="has no rank among others: ask for 2 or more"):
        drawn(DISTINCT, Protocol(train=12, test=1))
