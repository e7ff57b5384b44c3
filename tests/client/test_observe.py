"""Observations are told once, however often they are sent."""

import uuid
from typing import Any

import pytest
from emprox_client import Client, StudyHandle
from emprox_client.errors import (
    InvalidObservationsError,
    InvalidRequestError,
    ObservationConflictError,
    PartlyStoredError,
    UnknownStudyError,
    UnreadableAnswerError,
)
from emprox_client.schemas import Observation

from .cells import WRONG, cells, trained
from .either import Connect
from .loopback import Answer, acknowledged, answering


def test_an_observation_is_stored_with_all_that_was_told(study: StudyHandle) -> None:
    stored = study.observe(
        cells(1)[0],
        {"val_accuracy": 91.5},
        fidelity={"epochs": 12},
        seed=777,
        worker="gpu-7",
        metadata={"lr": 0.1},
    )

    (record,) = study.observations()
    assert (stored.created, stored.predicted, stored.journaled) == (True, None, False)
    assert record.observation_id == stored.observation_id
    assert (record.metrics, record.seed, record.worker) == ({"val_accuracy": 91.5}, 777, "gpu-7")
    assert (record.fidelity, record.metadata, record.status) == ({"epochs": 12}, {"lr": 0.1}, "completed")


def test_the_second_is_answered_with_what_was_predicted(study: StudyHandle) -> None:
    first, second = trained(2)
    study.observe(first["architecture"], first["metrics"])

    stored = study.observe(second["architecture"], second["metrics"])

    assert stored.predicted is not None
    assert stored.predicted["val_accuracy"].score == first["metrics"]["val_accuracy"]


def test_a_failed_training_is_told_without_values(study: StudyHandle) -> None:
    study.observe(cells(1)[0], {}, status="failed")

    assert study.describe().failed == 1


def test_the_same_id_counts_once_and_another_content_conflicts(study: StudyHandle) -> None:
    own, cell = uuid.uuid4(), cells(1)[0]
    study.observe(cell, {"val_accuracy": 91.5}, observation_id=own)

    assert study.observe(cell, {"val_accuracy": 91.5}, observation_id=own).created is False
    with pytest.raises(ObservationConflictError) as caught:
        study.observe(cell, {"val_accuracy": 60.0}, observation_id=own)
    assert [each.index for each in caught.value.errors] == [0]


def test_a_large_list_is_stored_in_parts_and_answered_in_its_order(study: StudyHandle) -> None:
    observations = [{**each, "observation_id": str(uuid.uuid4())} for each in trained(1_100)]

    stored = study.observe_all(observations)

    assert [each.observation_id for each in stored] == [each["observation_id"] for each in observations]
    assert study.describe().observations == 1_100
    assert stored.revision == study.describe().revision


def test_a_bad_one_in_the_second_part_is_named_and_the_first_part_is_stored(study: StudyHandle) -> None:
    observations = trained(1_100)
    observations[1_050] = {"architecture": WRONG, "metrics": {"val_accuracy": 1.0}}

    with pytest.raises(PartlyStoredError, match=r"1000 of 1100 .* stored(.|\n)*item 1050: .*conv_5x5") as caught:
        study.observe_all(observations)

    assert [each.index for each in caught.value.errors] == [1_050]
    assert sorted(caught.value.stored) == list(range(1_000))
    assert len(caught.value.observations) == 100
    assert isinstance(caught.value.causes[0], InvalidObservationsError)
    assert study.describe().observations == 1_000

    study.observe_all([each for each in caught.value.observations if each["architecture"] != WRONG])
    assert study.describe().observations == 1_099


def test_a_bad_one_stores_nothing_of_a_small_list(study: StudyHandle) -> None:
    observations = [*trained(3), {"architecture": WRONG, "metrics": {"val_accuracy": 1.0}}]

    with pytest.raises(InvalidObservationsError, match=r"1 of 4 observations are invalid(.|\n)*item 3: .*conv_5x5"):
        study.observe_all(observations)

    assert study.describe().observations == 0


def test_what_json_cannot_hold_is_named_before_anything_is_sent(study: StudyHandle) -> None:
    observations = [*trained(2), {"architecture": cells(1)[0], "metrics": {"val_accuracy": float("nan")}}]

    with pytest.raises(InvalidRequestError, match=r"observations\.2\.metrics\.val_accuracy is nan") as caught:
        study.observe_all(observations)

    assert [each.index for each in caught.value.errors] == [2]
    assert study.describe().observations == 0


def test_a_misspelt_field_is_the_caller_s_mistake_and_no_old_server(study: StudyHandle) -> None:
    with pytest.raises(InvalidRequestError, match=r"observations\.0\.metric: Extra inputs are not permitted"):
        study.observe_all([{"architecture": cells(1)[0], "metrics": {}, "metric": {"val_accuracy": 1}}])


def test_each_that_json_cannot_hold_is_named(study: StudyHandle) -> None:
    nan = {"architecture": cells(1)[0], "metrics": {"val_accuracy": float("nan")}}

    with pytest.raises(InvalidRequestError, match=r"observations\.1\.metrics\.val_accuracy is nan") as caught:
        study.observe_all([*trained(1), nan, *trained(1), nan])

    assert [each.index for each in caught.value.errors] == [1, 3]


@pytest.mark.parametrize("name", [None, "", ".."])
def test_a_study_without_a_real_name_is_refused(client: Client, name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="is not 1 to 64 characters"):
        client.observe(cells(1)[0], {"val_accuracy": 90.0}, study=name)


def test_numbers_of_numpy_are_numbers(study: StudyHandle) -> None:
    np = pytest.importorskip("numpy")

    study.observe(cells(1)[0], {"val_accuracy": np.float32(91.5)}, seed=np.int64(7))

    (record,) = study.observations()
    assert (record.metrics["val_accuracy"], record.seed) == (91.5, 7)


def test_an_observation_may_be_a_schema(study: StudyHandle) -> None:
    study.observe_all([Observation(architecture=cells(1)[0], metrics={"val_accuracy": 91.5})])

    assert study.describe().observations == 1


def test_an_unknown_study_is_told_with_the_way_out(client: Client) -> None:
    with pytest.raises(UnknownStudyError, match="there is no study 'nightly': declare it"):
        client.observe(cells(1)[0], {"val_accuracy": 91.5}, study="nightly")


def test_every_part_tells_what_is_wrong_with_it_and_the_others_can_be_sent_again(study: StudyHandle) -> None:
    observations = trained(2_500)
    for bad in (5, 1_700, 2_400):
        observations[bad] = {**observations[bad], "architecture": WRONG}

    with pytest.raises(InvalidObservationsError) as caught:
        study.observe_all(observations)
    err = caught.value
    wrong = {each.index for each in err.errors}
    study.observe_all([each for i, each in zip(err.indices, err.observations) if i not in wrong])

    assert wrong == {5, 1_700, 2_400}
    assert study.describe().observations == 2_497


def test_an_observation_id_that_is_empty_is_refused(study: StudyHandle) -> None:
    with pytest.raises(InvalidRequestError, match=r"observations\.0 has an empty observation_id") as caught:
        study.observe(cells(1)[0], {"val_accuracy": 90.0}, observation_id="")

    assert [each.index for each in caught.value.errors] == [0]


@pytest.mark.parametrize("answer", [Answer(201, {"hello": 1}), acknowledged(1)])
def test_observations_whose_answer_cannot_be_read_are_in_the_error(connect: Connect, answer: Answer) -> None:
    with answering(answer) as newer, pytest.raises(UnreadableAnswerError, match="upgrade the client") as caught:
        connect(newer.url).observe_all(trained(2))

    assert list(caught.value.indices) == [0, 1]
    assert [each["architecture"] for each in caught.value.observations] == cells(2)


def test_an_observation_that_the_answer_leaves_out_is_in_the_error(connect: Connect) -> None:
    with answering(acknowledged(0)) as newer, pytest.raises(UnreadableAnswerError, match="0 observations") as caught:
        connect(newer.url).observe(cells(1)[0], {"val_accuracy": 90.0})

    assert [each["architecture"] for each in caught.value.observations] == cells(1)


def test_without_what_is_no_dictionary_the_others_can_be_sent_again(study: StudyHandle) -> None:
    first, second = trained(2)

    with pytest.raises(InvalidRequestError, match=r"observations\.1 is no dictionary, but of type int") as caught:
        study.observe_all([first, 3, second, None])  # type: ignore[list-item]
    err = caught.value
    wrong = {each.index for each in err.errors}
    study.observe_all([each for i, each in zip(err.indices, err.observations) if i not in wrong])

    assert wrong == {1, 3}
    assert study.describe().observations == 2
