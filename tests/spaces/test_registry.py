import pytest

from app.domain.errors import UnknownSpaceError
from app.spaces.registry import get_space, space_names


def test_every_space_is_found_by_its_name() -> None:
    assert "nasbench201" in space_names()
    assert [get_space(name).name for name in space_names()] == space_names()


def test_an_unknown_space_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownSpaceError, match=r"'nasbench102' is not known: the spaces are .*nasbench201"):
        get_space("nasbench102")


def test_a_name_that_was_sent_is_not_echoed_in_full() -> None:
    with pytest.raises(UnknownSpaceError) as caught:
        get_space("x" * 10_000)

    assert len(str(caught.value)) < 300
