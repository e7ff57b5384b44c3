"""Each way in which a call can fail is an error of its own, with a way out."""

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from emprox_client import EmProxError, StudyHandle
from emprox_client.errors import (
    BusyError,
    ClosedError,
    InternalServerError,
    InvalidObservationsError,
    InvalidRequestError,
    NotEmProxError,
    OldServerError,
    RefusedError,
    SettingsError,
    UnauthorizedError,
    UnknownStudyError,
    UnreachableError,
    UnreadableAnswerError,
)
from emprox_client.problems import class_of
from emprox_client.schemas import ItemError
from tests.process.server_process import ServerProcess

from .cells import cells
from .either import Connect
from .loopback import VERSION, Answer, answering, closed_port, problem

NOT_FOUND = problem(404, "about:blank", "Not Found")
EXTRA = problem(
    422,
    "invalid_request",
    "k: Extra inputs are not permitted",
    errors=[{"field": "k", "detail": "Extra inputs are not permitted"}],
)
ESTIMATE = {"score": 93.0, "std": None, "lower": None, "upper": None}
PREDICTED = {
    "study": "default",
    "revision": 1,
    "encoder": "nasbench201/1",
    "weighting": "kriging",
    "k": 1,
    "predictions": [
        {
            "architecture_id": "0" * 32,
            "novelty": None,
            "observed": None,
            "metrics": {"val_accuracy": ESTIMATE},
            "neighbors": [],
            "failures": 0,
        }
    ],
}


def test_a_closed_port_is_told_with_the_url(connect: Connect) -> None:
    url = closed_port()

    with pytest.raises(UnreachableError, match=rf"no server answers at {url}.*Is it running.*EMPROX_URL"):
        connect(url, total_timeout=0).version()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "<html>hello</html>", "text/html"),
        Answer(404, {"detail": "Not Found"}),
        Answer(301, "", "text/html", {"Location": "https://elsewhere/"}),
        Answer(500, "oh", "text/plain"),
    ],
)
def test_something_else_at_the_url_is_no_emprox(connect: Connect, answer: Answer) -> None:
    with answering(answer) as other, pytest.raises(NotEmProxError, match=r"http://127\.0\.0\.1.*(URL|https)"):
        connect(other.url, total_timeout=0).version()


def test_a_wrong_part_of_the_path_in_the_url_is_told(connect: Connect) -> None:
    with answering(NOT_FOUND) as other, pytest.raises(NotEmProxError, match="part of the path too much or too little"):
        connect(f"{other.url}/api").predict(cells(1))


def test_a_route_that_an_old_server_lacks_is_told_with_its_version(connect: Connect) -> None:
    with (
        answering(NOT_FOUND, version=Answer(200, VERSION)) as old,
        pytest.raises(
            OldServerError, match=r"version 0\.0\.9, does not know POST /suggest.*upgrade the server"
        ) as caught,
    ):
        connect(old.url).suggest()

    assert caught.value.status == 404
    assert old.requests == ["POST /suggest", "GET /version"]


def test_a_field_that_an_old_server_lacks_is_told_with_its_version(connect: Connect) -> None:
    with (
        answering(EXTRA, version=Answer(200, VERSION)) as old,
        pytest.raises(OldServerError, match=r"does not know the field k, which emprox-client"),
    ):
        connect(old.url).predict(cells(1), k=3)


def test_what_is_not_said_is_not_sent_so_that_an_old_server_takes_it(connect: Connect) -> None:
    with answering(Answer(200, PREDICTED)) as old:
        connect(old.url).predict(["a"])

    assert old.bodies == [{"study": "default", "candidates": ["a"]}]


def test_fields_of_a_newer_server_are_left_out(connect: Connect) -> None:
    with answering(Answer(200, with_new_fields(PREDICTED))) as newer:
        predictions = connect(newer.url).predict(["a"])

    assert predictions.scores() == [93.0]


def test_an_answer_that_cannot_be_read_is_told_with_what_is_missing(connect: Connect) -> None:
    with (
        answering(Answer(200, {"hello": 1})) as other,
        pytest.raises(UnreadableAnswerError, match=r"no Version .*\(server: Field required\): upgrade the client"),
    ):
        connect(other.url).version()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("by_proxy", [True, False])
def test_a_wrong_key_is_told(connect: Connect, status: int, by_proxy: bool) -> None:
    answer = Answer(status, "<html>no</html>", "text/html") if by_proxy else problem(status, "about:blank", "no")

    with answering(answer) as server, pytest.raises(UnauthorizedError) as caught:
        connect(server.url, api_key="k").version()

    assert caught.value.status == status


def test_a_client_that_was_closed_says_so_and_returns_the_observation(connect: Connect, server: ServerProcess) -> None:
    client = connect(server.url)
    client.close()

    with pytest.raises(ClosedError, match="make a new one") as caught:
        client.observe(cells(1)[0], {"val_accuracy": 90.0})

    assert [each["architecture"] for each in caught.value.observations] == cells(1)


def test_what_is_nested_too_deeply_or_holds_itself_is_told_with_its_place(connect: Connect) -> None:
    deep: dict[str, Any] = {}
    for _ in range(1_500):
        deep = {"inside": deep}
    itself: dict[str, Any] = {}
    itself["inside"] = itself

    with pytest.raises(InvalidRequestError, match=r"candidates\.1 is no JSON") as caught:
        connect(closed_port()).predict([cells(1)[0], deep, itself])

    assert [each.index for each in caught.value.errors] == [1, 2]
    with pytest.raises(InvalidRequestError, match=r"observations\.0 is no JSON: it is nested too deeply"):
        connect(closed_port()).observe(deep, {"val_accuracy": 90.0})


@pytest.mark.parametrize("declaration", [None, [1]])
def test_a_declaration_that_is_no_dictionary_is_told(connect: Connect, declaration: Any) -> None:
    with pytest.raises(InvalidRequestError, match="is no dictionary"):
        connect(closed_port()).declare_space("blocks", declaration)


def test_a_failure_of_the_server_is_told_and_not_repeated(connect: Connect) -> None:
    with (
        answering(problem(500, "internal_error", "its log says why")) as server,
        pytest.raises(InternalServerError, match="its log says why"),
    ):
        connect(server.url).version()

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:8000", "ftp://localhost", "http://", "http://localhost:port"),
        *("http://a..b/", "http://xn--/", f"http://{'a' * 64}/", 7),
    ],
)
def test_a_url_that_is_none_is_told(connect: Connect, url: Any) -> None:
    with pytest.raises(SettingsError, match=r"write one such as http://127\.0\.0\.1:8000"):
        connect(url)


def test_a_key_with_a_line_break_is_told_without_the_key(connect: Connect) -> None:
    with pytest.raises(SettingsError, match="a line break at its end") as caught:
        connect(api_key="secret\n")

    assert "secret" not in str(caught.value)


def test_a_problem_that_is_new_to_the_client_is_told_by_its_status() -> None:
    assert class_of("brand_new", 422) is InvalidRequestError
    assert class_of("brand_new", 418) is RefusedError
    assert class_of("brand_new", 503) is BusyError


def test_an_error_survives_the_way_between_processes() -> None:
    err = UnknownStudyError("there is none", status=404, type="unknown_study", errors=[ItemError(index=3, detail="x")])

    copy = pickle.loads(pickle.dumps(err))  # noqa: S301  # our own

    assert isinstance(copy, UnknownStudyError)
    assert (copy.status, copy.type, copy.errors, str(copy)) == (404, "unknown_study", err.errors, str(err))


def test_an_error_names_the_first_items_and_counts_the_others() -> None:
    err = InvalidObservationsError("7 are invalid", errors=[ItemError(index=i, detail=f"bad {i}") for i in range(7)])

    assert str(err).splitlines() == ["7 are invalid", *(f"  item {i}: bad {i}" for i in range(5)), "  and 2 more"]
    assert isinstance(err, EmProxError)


def with_new_fields(value: object) -> object:
    """The value, with a field that nobody knows in each of its objects that is no table of metrics."""
    if isinstance(value, Mapping):
        new = {} if "val_accuracy" in value else {"from_the_future": 1}
        return {**{name: with_new_fields(each) for name, each in value.items()}, **new}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [with_new_fields(each) for each in value]
    return value


@pytest.mark.parametrize("key", ["secret ", " secret", "secret\t"])
def test_a_key_with_a_blank_at_its_end_is_refused_and_not_shown(connect: Connect, key: str) -> None:
    with pytest.raises(SettingsError, match="blank") as caught:
        connect(api_key=key)

    assert "secret" not in str(caught.value)


def test_https_where_there_is_none_is_a_wrong_url_and_not_tried_again(connect: Connect, server: ServerProcess) -> None:
    with pytest.raises(NotEmProxError, match="no encrypted connection"):
        connect(server.url.replace("http://", "https://"), total_timeout=30).version()


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", None, 7])
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_sent(connect: Connect, name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="is not 1 to 64 characters"):
        connect(closed_port()).study(name)


@pytest.mark.parametrize("suggestion_id", ["..", ".", ""])
def test_giving_back_what_is_no_suggestion_leaves_the_study(study: StudyHandle, suggestion_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="is no id"):
        study.give_back(suggestion_id)
    with pytest.raises(InvalidRequestError, match="is no id"):
        study.renew(suggestion_id)

    assert study.exists()


@pytest.mark.parametrize("field", ["study", "name", "k", "candidates"])
def test_a_field_that_belongs_elsewhere_is_the_callers_mistake(study: StudyHandle, field: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"observations.0.{field}"):
        study.observe_all([{"architecture": cells(1)[0], "metrics": {"val_accuracy": 1.0}, field: "x"}])
