"""What to train next."""

import pytest
from emprox_client import StudyHandle
from emprox_client.errors import InvalidArchitectureError, InvalidRequestError, SuggestionNotFoundError

from .cells import WRONG, cells, trained


def test_suggestions_are_new_to_the_study(study: StudyHandle) -> None:
    study.observe_all(trained(20))

    suggestions = study.suggest(3, generate=50, seed=1)

    assert len({each.architecture_id for each in suggestions}) == 3
    assert not {each.architecture_id for each in suggestions} & {each.architecture_id for each in study.observations()}
    assert all(each.metrics["val_accuracy"].std for each in suggestions)


def test_a_worker_that_asks_again_gets_the_same(study: StudyHandle) -> None:
    first = study.suggest(2, worker="gpu-7", generate=50)

    assert study.suggest(2, worker="gpu-7", generate=50).architectures == first.architectures
    assert study.suggest(2, worker="gpu-8", generate=50).architectures != first.architectures


def test_candidates_are_chosen_among_and_a_bad_one_is_named(study: StudyHandle) -> None:
    given = cells(5, seed=1)

    suggestions = study.suggest(2, candidates=[*given, WRONG])

    assert set(suggestions.architectures) <= set(given)
    assert list(suggestions.errors) == [5]
    with pytest.raises(InvalidArchitectureError, match="no candidate is an architecture of this study"):
        study.suggest(candidates=[WRONG])


def test_a_suggestion_is_kept_longer_or_given_back(study: StudyHandle) -> None:
    (suggestion,) = study.suggest(worker="gpu-7", generate=50)
    assert suggestion.suggestion_id

    renewed = study.renew(suggestion.suggestion_id, expires_in_seconds=7 * 86_400)
    assert renewed.expires_at > suggestion.expires_at
    study.give_back(suggestion.suggestion_id)
    with pytest.raises(SuggestionNotFoundError):
        study.give_back(suggestion.suggestion_id)


def test_bounds_are_bounds(study: StudyHandle) -> None:
    with pytest.raises(InvalidRequestError, match=r"Give at_least, at_most or both"):
        study.suggest(constraints={"val_accuracy": {}})
