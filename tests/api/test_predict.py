import pytest
from emprox_client.schemas import CandidateError, Prediction, PredictResponse, Problem

from .cells import CELLS, CONV1, CONV3, NOT_A_CELL, POOL, cell
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio


async def observe(server: Server, *values: float) -> None:
    """The first of the cells, each with a value."""
    observations = [{"architecture": a, "metrics": {"val_accuracy": v}} for a, v in zip(CELLS, values, strict=False)]
    assert (await server.http.post("/observe", json={"observations": observations})).status_code == 201


async def predict(server: Server, *candidates: object, **options: object) -> PredictResponse:
    response = await server.http.post("/predict", json={"candidates": candidates, **options})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return PredictResponse.model_validate_json(response.content)


async def refused(server: Server, status: int, **request: object) -> Problem:
    response = await server.http.post("/predict", json={"candidates": [CELLS[0]], **request})
    return problem_of(response, status)


async def test_an_answer_says_what_it_rests_on(server: Server) -> None:
    await observe(server, 90, 91, 92, 93)

    answer = await predict(server, CELLS[8])

    assert (answer.study, answer.revision, answer.weighting, answer.k) == ("default", 1, "kriging", 4)
    assert answer.encoder == "nasbench201/1"


async def test_a_candidate_gets_an_estimate_with_an_interval(server: Server) -> None:
    await observe(server, 90, 91, 92, 93)

    (prediction,) = (await predict(server, CELLS[8])).predictions

    assert isinstance(prediction, Prediction)
    estimate = prediction.metrics["val_accuracy"]
    assert estimate.lower is not None
    assert estimate.upper is not None
    assert estimate.lower < estimate.score < estimate.upper
    assert prediction.novelty is not None
    assert prediction.novelty > 0
    assert prediction.observed is None
    assert prediction.neighbors == []


async def test_a_trained_candidate_says_what_was_measured(server: Server) -> None:
    await observe(server, 90, 91)
    await observe(server, 94)

    (prediction,) = (await predict(server, CELLS[0])).predictions

    assert isinstance(prediction, Prediction)
    assert prediction.observed is not None
    assert prediction.observed["val_accuracy"].mean == 92
    assert prediction.observed["val_accuracy"].n == 2
    assert prediction.novelty == 0


async def test_neighbors_explain_an_estimate_nearest_first(server: Server) -> None:
    await observe(server, 90, 91, 92, 93)

    (prediction,) = (await predict(server, CELLS[2], neighbors=3)).predictions

    assert isinstance(prediction, Prediction)
    nearest = prediction.neighbors[0]
    assert len(prediction.neighbors) == 3
    assert (nearest.architecture, nearest.distance, nearest.value) == (CELLS[2], 0, {"val_accuracy": 92})
    assert nearest.architecture_id == prediction.architecture_id
    distances = [neighbor.distance for neighbor in prediction.neighbors]
    assert distances == sorted(distances)


async def test_one_bad_candidate_does_not_fail_the_others(server: Server) -> None:
    await observe(server, 90, 91)

    answer = await predict(server, CELLS[0], NOT_A_CELL, "\ttree", {"matrix": [[0, 1]]}, CELLS[1])

    errors = [each for each in answer.predictions if isinstance(each, CandidateError)]
    assert [isinstance(each, Prediction) for each in answer.predictions] == [True, False, False, False, True]
    assert "operation 'conv_5x5' of edge 0->1 is not one of none, skip_connect" in errors[0].error.detail
    assert "not dict" in errors[2].error.detail
    assert {error.error.type for error in errors} == {"invalid_architecture"}


async def test_candidates_that_are_all_bad_get_an_error_each(server: Server) -> None:
    await observe(server, 90)

    answer = await predict(server, NOT_A_CELL, "")

    assert answer.k == 0
    assert all(isinstance(each, CandidateError) for each in answer.predictions)


async def test_isomorphic_candidates_are_one_architecture(server: Server) -> None:
    await observe(server, 90, 91)
    mirrored = f"|none~0|+|{CONV3}~0|none~1|+|none~0|{POOL}~1|{CONV1}~2|"

    first, second = (
        await predict(server, f"|{CONV3}~0|+|none~0|none~1|+|none~0|{CONV1}~1|{POOL}~2|", mirrored)
    ).predictions

    assert isinstance(first, Prediction)
    assert isinstance(second, Prediction)
    assert first == second


@pytest.mark.parametrize("weighting", ["kriging", "inverse_distance", "uniform"])
async def test_k_beyond_the_study_is_all_of_it(server: Server, weighting: str) -> None:
    await observe(server, 90, 91, 92)

    answer = await predict(server, CELLS[8], k=2**63 - 1, weighting=weighting)

    assert (answer.k, answer.weighting) == (3, weighting)


async def test_uniform_weights_give_the_middle_of_the_neighbors(server: Server) -> None:
    await observe(server, 90, 94, 92)

    (prediction,) = (await predict(server, CELLS[8], k=3, weighting="uniform")).predictions

    assert isinstance(prediction, Prediction)
    assert prediction.metrics["val_accuracy"].score == pytest.approx(92)


async def test_a_single_candidate_is_answered_as_within_a_batch(server: Server) -> None:
    await observe(server, *range(90, 96))

    together = (await predict(server, *CELLS, neighbors=2)).predictions
    alone = [(await predict(server, each, neighbors=2)).predictions[0] for each in CELLS]

    for a, b in zip(together, alone, strict=True):
        assert isinstance(a, Prediction)
        assert isinstance(b, Prediction)
        assert a.metrics["val_accuracy"].score == pytest.approx(b.metrics["val_accuracy"].score, abs=1e-9)
        assert [n.architecture_id for n in a.neighbors] == [n.architecture_id for n in b.neighbors]


async def test_a_study_without_observations_says_what_to_do(server: Server) -> None:
    problem = await refused(server, 409)

    assert problem.type == "no_observations"
    assert "POST /observe some trained architectures first" in problem.detail


async def test_an_unknown_study_is_named(server: Server) -> None:
    problem = await refused(server, 404, study="nightly")

    assert problem.type == "unknown_study"
    assert "'nightly'" in problem.detail


async def test_an_unknown_metric_is_answered_with_those_there_are(server: Server) -> None:
    problem = await refused(server, 422, metrics=["val_accuracy", "latency"])

    assert problem.type == "unknown_metric"
    assert "no metric 'latency': it records val_accuracy" in problem.detail


async def test_an_older_study_than_asked_for_is_worth_another_try(server: Server) -> None:
    await observe(server, 90)

    response = await server.http.post("/predict", json={"candidates": [CELLS[0]], "min_revision": 2})

    problem = problem_of(response, 503)
    assert response.headers["retry-after"] == "1"
    assert problem.type == "revision_not_reached"
    assert "is at revision 1, not yet at 2" in problem.detail
    assert (await predict(server, cell(POOL), min_revision=1)).revision == 1


async def test_proxies_are_declared_sent_and_asked_for_over_http(server: Server) -> None:
    declaration = {"space": "nasbench201", "metrics": [{"name": "acc"}], "proxies": ["params"]}
    declared = await server.http.put("/studies/hinted", json=declaration)
    observation = {"architecture": CELLS[0], "metrics": {"acc": 90.0}, "proxies": {"params": 1.5}}
    observed = await server.http.post("/observe", json={"study": "hinted", "observations": [observation]})

    answer = await predict(server, CELLS[1], CELLS[2], study="hinted", proxies=[{"params": 1.2}, {"flops": 3.0}])

    assert declared.json()["proxies"] == ["params"]
    assert observed.status_code == 201
    right, wrong = answer.predictions
    assert isinstance(right, Prediction)
    assert isinstance(wrong, CandidateError)
    assert wrong.error.type == "invalid_proxies"
    assert "no proxy 'flops'" in wrong.error.detail


async def test_proxies_come_one_for_each_candidate(server: Server) -> None:
    problem = await refused(server, 422, proxies=[])

    assert "proxies: 0 in proxies, 1 in candidates: give one for each" in problem.detail


async def test_proxies_of_a_study_without_any_are_refused(server: Server) -> None:
    await observe(server, 90)

    (prediction,) = (await predict(server, CELLS[1], proxies=[{"params": 1.0}])).predictions

    assert isinstance(prediction, CandidateError)
    assert "declared without any" in prediction.error.detail


async def test_isomorphic_candidates_get_equal_estimates_to_the_last_bit(server: Server) -> None:
    await observe(server, 90, 91, 92, 93)
    # The first edge on a path of its own, through either of the two inner nodes.
    one = f"|{CONV3}~0|+|none~0|none~1|+|none~0|{CONV1}~1|none~2|"
    other = f"|none~0|+|{CONV3}~0|none~1|+|none~0|none~1|{CONV1}~2|"

    first, second = (await predict(server, one, *CELLS[4:8], other)).predictions[::5]

    assert isinstance(first, Prediction)
    assert isinstance(second, Prediction)
    assert first.architecture_id == second.architecture_id
    assert first == second
