"""Predictions come in the order of the candidates, however many there are."""

from typing import Any

import pytest
from emprox_client import StudyHandle
from emprox_client.errors import (
    InvalidProxiesError,
    InvalidRequestError,
    NoObservationsError,
    UnknownMetricError,
    UnreadableAnswerError,
)
from emprox_client.schemas import CandidateError, Prediction

from .cells import WRONG, cells, trained
from .either import Connect
from .loopback import Answer, answering


def test_a_trained_cell_is_estimated_by_its_measured_value(study: StudyHandle) -> None:
    (observation,) = trained(1)
    study.observe(observation["architecture"], observation["metrics"])

    predictions = study.predict([observation["architecture"]], neighbors=1)

    (prediction,) = predictions
    assert isinstance(prediction, Prediction)
    assert prediction.observed is not None
    assert prediction.observed["val_accuracy"].mean == observation["metrics"]["val_accuracy"]
    assert prediction.neighbors[0].architecture == observation["architecture"]
    assert (predictions.study, predictions.revision) == (study.name, 1)


def test_one_bad_candidate_does_not_fail_the_others(study: StudyHandle) -> None:
    study.observe_all(trained(5))

    predictions = study.predict([*cells(2, seed=1), WRONG])

    assert isinstance(predictions[2], CandidateError)
    assert list(predictions.errors) == [2]
    assert "operation 'conv_5x5'" in predictions.errors[2]
    scores = predictions.scores()
    assert scores[2] is None
    assert None not in scores[:2]


def test_a_large_list_is_answered_in_its_order(study: StudyHandle) -> None:
    study.observe_all(trained(30))
    candidates = cells(2_345, seed=2)
    candidates[1_700] = WRONG

    predictions = study.predict(candidates)

    assert len(predictions) == 2_345
    assert list(predictions.errors) == [1_700]
    alone = study.predict([candidates[0], candidates[999], candidates[1_000], candidates[2_344]])
    for index, single in zip([0, 999, 1_000, 2_344], alone.scores()):
        assert predictions.scores()[index] == pytest.approx(single)


def test_the_best_are_the_candidates_with_the_highest_estimates(study: StudyHandle) -> None:
    study.observe_all(trained(30))
    predictions = study.predict(cells(20, seed=3))
    ranked = sorted(zip(predictions.scores(), predictions.candidates), reverse=True)

    assert predictions.best(3) == [candidate for _, candidate in ranked[:3]]
    assert predictions.best(minimize=True) == [ranked[-1][1]]


def test_nothing_observed_is_an_error_of_its_own(study: StudyHandle) -> None:
    with pytest.raises(NoObservationsError, match="has no observation of val_accuracy yet") as caught:
        study.predict(cells(1))

    assert (caught.value.status, caught.value.type) == (409, "no_observations")


def test_an_unknown_metric_is_told_by_the_server(study: StudyHandle) -> None:
    study.observe_all(trained(1))

    with pytest.raises(UnknownMetricError, match="has no metric 'loss': it records val_accuracy"):
        study.predict(cells(1), metrics=["loss"])


def test_a_bad_item_behind_the_first_thousand_is_named_by_its_index_in_the_list(study: StudyHandle) -> None:
    study.observe_all(trained(1))
    candidates: list[object] = [*cells(1_500), 7, *cells(10)]

    with pytest.raises(InvalidRequestError, match=r"candidates\.1500: Architecture should be text") as caught:
        study.predict(candidates)  # type: ignore[arg-type]

    assert [(each.index, each.field) for each in caught.value.errors] == [(1_500, "candidates.1500")]


def test_a_single_candidate_in_the_place_of_a_list_is_refused(study: StudyHandle) -> None:
    with pytest.raises(InvalidRequestError, match=r"candidates is a single one: give a list, \[candidate\]"):
        study.predict(cells(1)[0])


@pytest.mark.parametrize("given", [None, 3])
def test_what_is_no_list_is_refused(study: StudyHandle, given: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"candidates is {given}: give a list"):
        study.predict(given)
    with pytest.raises(InvalidRequestError, match="proxies is 3: give a list"):
        study.predict(cells(1), proxies=3)  # type: ignore[arg-type]


def test_an_answer_for_fewer_candidates_than_were_sent_is_told(connect: Connect) -> None:
    answer = {"study": "a", "revision": 1, "encoder": "e", "weighting": "kriging", "k": 1, "predictions": []}

    with (
        answering(Answer(200, answer)) as server,
        pytest.raises(UnreadableAnswerError, match=r"0 predictions for the 2 that were sent\): upgrade the client"),
    ):
        connect(server.url).predict(cells(2))


def test_proxies_go_with_their_candidates(study: StudyHandle) -> None:
    declared = study.client.study(f"{study.name}-proxies")
    declared.declare("nasbench201", ["val_accuracy"], proxies=["params"])
    declared.observe_all([{**each, "proxies": {"params": i}} for i, each in enumerate(trained(5))])

    assert None not in declared.predict(cells(2, seed=1), proxies=[{"params": 1.0}, {"params": 2.0}]).scores()
    assert list(declared.predict(cells(2, seed=1), proxies=[{"params": 1.0}, {}]).errors) == [1]
    with pytest.raises(InvalidRequestError, match="1 proxies for 2 candidates: give one for each"):
        declared.predict(cells(2, seed=1), proxies=[{"params": 1.0}])
    assert issubclass(InvalidProxiesError, InvalidRequestError)


def test_neighbors_and_weights_are_asked_for_by_name(study: StudyHandle) -> None:
    study.observe_all(trained(10))

    predictions = study.predict(cells(1, seed=1), k=3, weighting="uniform", neighbors=3, min_revision=1)

    (prediction,) = predictions
    assert isinstance(prediction, Prediction)
    assert (predictions.weighting, predictions.k, len(prediction.neighbors)) == ("uniform", 3, 3)


def test_a_metric_of_which_nothing_is_expected_is_told(study: StudyHandle) -> None:
    study.observe(cells(1)[0], {"val_accuracy": 90.0})

    with pytest.raises(ValueError, match="nothing is expected of metric 'nope': there is val_accuracy"):
        study.predict(cells(2)).best(metric="nope")
