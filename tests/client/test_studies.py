"""Studies and search spaces, as far as a worker needs them."""

import pytest
from emprox_client import Client, StudyHandle
from emprox_client.errors import InvalidRequestError, InvalidStudyError, StudyConflictError, UnknownStudyError

from .cells import trained


def test_a_study_exists_once_it_is_declared(client: Client, study: StudyHandle) -> None:
    assert study.exists()
    assert study.name in [each.name for each in client.studies()]
    assert not client.study("nightly").exists()
    with pytest.raises(UnknownStudyError):
        client.study("nightly").describe()


def test_declaring_again_is_harmless_and_otherwise_a_conflict(study: StudyHandle) -> None:
    study.declare("nasbench201", [{"name": "val_accuracy", "unit": "%"}])

    with pytest.raises(StudyConflictError):
        study.declare("nasbench201", ["loss"])
    with pytest.raises(InvalidStudyError, match="metric names must differ"):
        study.declare("nasbench201", ["loss", "loss"])


def test_a_name_that_leads_elsewhere_is_refused_before_it_is_sent(client: Client) -> None:
    with pytest.raises(InvalidRequestError, match=r"name '../spaces' is not 1 to 64 characters of a-z 0-9"):
        client.study("../spaces").describe()


def test_a_handle_is_of_one_study(study: StudyHandle) -> None:
    with pytest.raises(TypeError, match="leave study= out"):
        study.predict([], study="default")


def test_without_a_name_it_is_the_default_study(client: Client) -> None:
    assert client.describe().name == "default"
    assert client.describe(study="default") == client.study("default").describe()


def test_observations_come_in_pages_newest_first(study: StudyHandle) -> None:
    for observation in trained(3):
        study.observe(observation["architecture"], observation["metrics"], worker="gpu-7")

    newest = study.observations(limit=2, worker="gpu-7")
    oldest = study.observations(limit=2, worker="gpu-7", cursor=newest.cursor)

    assert [each.revision for each in newest] == [3, 2]
    assert [each.revision for each in oldest] == [1]
    assert oldest.cursor is None
    assert len(study.observations(worker="gpu-8")) == 0


def test_quality_is_of_predictions_that_came_first(study: StudyHandle) -> None:
    for observation in trained(4):
        study.observe(observation["architecture"], observation["metrics"])

    assert study.quality(last=10).metrics["val_accuracy"].overall.n == 3


def test_a_space_is_declared_and_listed(client: Client) -> None:
    space = client.declare_space("depths", {"kind": "choices", "variables": [{"name": "depth", "values": [1, 2, 3]}]})

    assert space.kind == "choices"
    assert {"depths", "nasbench201"} <= {each.name for each in client.spaces()}


def test_the_server_tells_its_version_and_is_ready(client: Client) -> None:
    assert client.version().server
    assert client.wait_until_ready().status == "ok"
