"""Whatever is sent in a field: an answer that names what is wrong, nothing stored, and never a 500."""

import json

import pytest

from .serving import Server
from .spoiling import CONTAINERS, KEYS, NUMBERS, TEXTS, Place, refusal, where, with_hole, with_key, with_text

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("place", TEXTS, ids=where)
async def test_lone_surrogates_are_refused_in_every_text(shared_server: Server, place: Place) -> None:
    for text in (r'"\ud800"', r'"a\uDFFFb"', r'"\udc00\ud800"'):
        assert (await refusal(shared_server, place[0], with_text(place, text))).startswith("400 not_json")


@pytest.mark.parametrize("place", KEYS, ids=where)
async def test_lone_surrogates_are_refused_in_every_key(shared_server: Server, place: Place) -> None:
    assert (await refusal(shared_server, place[0], with_key(place, r'"\ud800"'))).startswith("400 not_json")


@pytest.mark.parametrize("place", TEXTS, ids=where)
async def test_nul_is_refused_in_every_text(shared_server: Server, place: Place) -> None:
    assert (await refusal(shared_server, place[0], with_text(place, r'"a\u0000b"'))).startswith("422 ")


@pytest.mark.parametrize("place", KEYS, ids=where)
async def test_nul_is_refused_in_every_key(shared_server: Server, place: Place) -> None:
    detail = await refusal(shared_server, place[0], with_key(place, r'"a\u0000b"'))

    assert detail.startswith("422 invalid_request")


@pytest.mark.parametrize("place", TEXTS, ids=where)
async def test_long_texts_are_refused_and_not_repeated(shared_server: Server, place: Place) -> None:
    assert (await refusal(shared_server, place[0], with_hole(place, "x" * 100_000))).startswith("422 ")


@pytest.mark.parametrize("place", NUMBERS, ids=where)
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 4301])
async def test_numbers_that_are_none_are_refused(shared_server: Server, place: Place, literal: str) -> None:
    assert (await refusal(shared_server, place[0], with_text(place, literal))).startswith("400 not_json")


@pytest.mark.parametrize("place", NUMBERS, ids=where)
@pytest.mark.parametrize("literal", ["1" + "0" * 400, "-" + "9" * 4300, str(-(2**2000))])
async def test_huge_integers_are_refused(shared_server: Server, place: Place, literal: str) -> None:
    assert (await refusal(shared_server, place[0], with_text(place, literal))).startswith("422 invalid_request")


@pytest.mark.parametrize("place", [place for place in NUMBERS if "metrics" not in place], ids=where)
@pytest.mark.parametrize("number", [10**30, 2**64, -(2**63) - 1])
async def test_integers_that_no_database_holds_are_refused(shared_server: Server, place: Place, number: int) -> None:
    assert (await refusal(shared_server, place[0], with_hole(place, number))).startswith("422 invalid_request")


@pytest.mark.parametrize("place", NUMBERS, ids=where)
async def test_something_else_than_a_number_is_refused(shared_server: Server, place: Place) -> None:
    for value in ([1], {"a": 1}):
        assert (await refusal(shared_server, place[0], with_hole(place, value))).startswith("422 invalid_request")


@pytest.mark.parametrize("place", CONTAINERS, ids=where)
async def test_something_else_than_a_container_is_refused(shared_server: Server, place: Place) -> None:
    for value in (1, True, "text", 0.5):
        assert (await refusal(shared_server, place[0], with_hole(place, value))).startswith("422 invalid_request")


@pytest.mark.parametrize(
    "place", [place for place in KEYS if place[-1] not in {"metrics", "fidelity", "metadata"}], ids=where
)
async def test_unknown_fields_are_named(shared_server: Server, place: Place) -> None:
    detail = await refusal(shared_server, place[0], with_key(place, '"colour"'))

    assert "colour" in detail


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("/predict", "study"), "nightly", "404 unknown_study: there is no study 'nightly'"),
        (("/predict", "study"), "Upper", "422 invalid_request: study: String should match pattern"),
        (("/predict", "candidates"), [], "422 invalid_request: candidates: List should have at least 1 item"),
        (("/predict", "candidates"), [""] * 1001, "422 invalid_request: candidates: List should have at most 1000"),
        (("/predict", "candidates"), [1], "422 invalid_request: candidates.0: Architecture should be text, or"),
        (("/predict", "candidates"), [None], "422 invalid_request: candidates.0: Architecture should be"),
        (("/predict", "candidates"), [{"a": [1e300, 2**63]}], "422 invalid_request: candidates.0: Architecture"),
        (("/predict", "candidates"), [{"a": ["\0"]}], "422 invalid_request: candidates.0: Architecture should be"),
        (("/predict", "metrics"), [], "422 invalid_request: metrics: List should have at least 1 item"),
        (("/predict", "metrics"), ["latency"], "422 unknown_metric: study 'default' has no metric 'latency'"),
        (("/predict", "k"), 0, "422 invalid_request: k: Input should be greater than or equal to 1"),
        (("/predict", "k"), 1.0, "422 invalid_request: k: Input should be a valid integer (it is 1.0)"),
        (("/predict", "k"), "3", "422 invalid_request: k: Input should be a valid integer (it is '3')"),
        (("/predict", "neighbors"), 101, "422 invalid_request: neighbors: Input should be less than or equal to 100"),
        (("/predict", "weighting"), "nearest", "422 invalid_request: weighting: Input should be 'kriging',"),
        (("/observe", "study"), "nightly", "404 unknown_study: there is no study 'nightly'"),
        (("/observe", "observations"), [], "422 invalid_request: observations: List should have at least 1 item"),
        (("/observe", "observations", 0, "architecture"), 5, "422 invalid_request: observations.0.architecture: Arch"),
        (("/observe", "observations", 0, "architecture"), "|x|", "422 invalid_observations: 1 of 1 observations"),
        (("/observe", "observations", 0, "metrics"), {"A": 1}, "422 invalid_request: observations.0.metrics.A"),
        (("/observe", "observations", 0, "metrics", "val_accuracy"), "93", "422 invalid_request: observations.0.metr"),
        (("/observe", "observations", 0, "metrics", "val_accuracy"), None, "422 invalid_request: observations.0.metr"),
        (("/observe", "observations", 0, "metrics", "val_accuracy"), 1e101, "422 invalid_request: observations.0.met"),
        (("/observe", "observations", 0, "observation_id"), "run-1", "422 invalid_request: observations.0.observatio"),
        (("/observe", "observations", 0, "status"), "done", "422 invalid_request: observations.0.status: Input"),
        (("/observe", "observations", 0, "metadata"), {"a": {}}, "422 invalid_request: observations.0.metadata.a: V"),
        (("/observe", "observations", 0, "metadata"), {f"k{i}": 1 for i in range(33)}, "422 invalid_request: obser"),
        (("/observe", "observations", 0, "worker"), "x" * 201, "422 invalid_request: observations.0.worker: String"),
        (("/studies/nightly", "space"), "darts", "422 unknown_space: search space 'darts' is not known"),
        (("/studies/nightly", "metrics"), [], "422 invalid_request: metrics: List should have at least 1 item"),
        (("/studies/nightly", "metrics", 0, "direction"), "up", "422 invalid_request: metrics.0.direction: Input"),
    ],
    ids=lambda value: where(value) if isinstance(value, tuple) else "",
)
async def test_a_field_that_breaks_a_rule_is_named(
    shared_server: Server, place: Place, value: object, expected: str
) -> None:
    assert (await refusal(shared_server, place[0], with_hole(place, value))).startswith(expected)


async def test_too_many_observations_are_refused(shared_server: Server) -> None:
    many = {"observations": [{"architecture": "x", "metrics": {}}] * 1001}

    detail = await refusal(shared_server, "/observe", json.dumps(many))

    assert detail.startswith("422 invalid_request: observations: List should have at most 1000 items")
