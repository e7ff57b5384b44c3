"""Studies whose architectures come with numbers that hint at their metrics."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from app.domain.errors import InvalidObservationsError, InvalidProxiesError
from app.domain.observation import Status
from app.domain.prediction import Prediction
from app.domain.study import Study
from app.predictor.ports import Encoder
from app.predictor.requests import NewObservation, PredictionAnswer
from app.proximity.weighting import Weighting

from .cells import CELLS
from .running import STUDY, Running, trained

HINTED: Study = replace(STUDY, proxies=("hint", "noise"))
RNG = np.random.default_rng(0)
# Values that no embedding explains, and a hint of each.
VALUES = dict(zip(CELLS, RNG.normal(90, 2, size=len(CELLS)).tolist(), strict=True))
PROXIES = {cell: {"hint": VALUES[cell] * 3e6, "noise": float(RNG.normal())} for cell in CELLS}


def hinted(cell: str, **changes: object) -> NewObservation:
    return replace(trained(cell, val_accuracy=VALUES[cell]), proxies=PROXIES[cell], **changes)  # type: ignore[arg-type]


def asked(running: Running, *cells: str) -> PredictionAnswer:
    return running.predict(*cells, proxies=[PROXIES[cell] for cell in cells])


def scores(answer: PredictionAnswer) -> list[float]:
    return [each.metrics["val_accuracy"].score for each in answer.predictions if isinstance(each, Prediction)]


@pytest.fixture
def running(tmp_path: Path, encoder: Encoder) -> Iterator[Running]:
    with Running(tmp_path, encoder, study=HINTED) as running:
        yield running


def test_a_proxy_that_tells_orders_what_the_embedding_cannot(running: Running) -> None:
    running.observe(*map(hinted, CELLS[:40]))
    running.fitted(40)

    found = scores(asked(running, *CELLS[40:70]))

    assert kendalltau(found, [VALUES[cell] for cell in CELLS[40:70]]).statistic > 0.6


def test_an_observed_candidate_has_the_proxies_that_it_was_observed_with(running: Running) -> None:
    running.observe(*map(hinted, CELLS[:40]))
    running.fitted(40)

    answer = running.predict(CELLS[0], proxies=[{"hint": 0.0, "noise": 0.0}])

    (prediction,) = answer.predictions
    assert isinstance(prediction, Prediction)
    assert prediction.novelty == 0
    assert scores(answer) == scores(asked(running, CELLS[0]))


@pytest.mark.parametrize("cache", [True, False])
def test_a_restart_answers_the_same(tmp_path: Path, encoder: Encoder, cache: bool) -> None:
    with Running(tmp_path, encoder, study=HINTED) as running:
        running.observe(*map(hinted, CELLS[:40]), hinted(CELLS[1], status=Status.FAILED))
        running.fitted(40)
        before = scores(asked(running, *CELLS[40:60]))

    with Running(tmp_path, encoder, study=HINTED, cache=cache) as running:
        assert scores(asked(running, *CELLS[40:60])) == pytest.approx(before, abs=1e-4)


def test_scales_of_a_study_that_had_no_proxies_are_not_used(tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path / "before", encoder) as running:
        running.observe(*map(trained, CELLS[:40]))
        running.fitted(40)
    (tmp_path / "after").mkdir()
    (tmp_path / "before" / "cache").rename(tmp_path / "after" / "cache")

    with Running(tmp_path / "after", encoder, study=HINTED) as running:
        running.observe(*map(hinted, CELLS[:40]))
        running.fitted(40)

        assert len(scores(asked(running, *CELLS[40:50]))) == 10


def test_a_candidate_without_its_proxies_does_not_fail_the_others(running: Running) -> None:
    running.observe(*map(hinted, CELLS[:5]))

    answer = running.predict(CELLS[5], CELLS[6], proxies=[{"hint": 1.0}, PROXIES[CELLS[6]]])

    wrong, right = answer.predictions
    assert isinstance(wrong, InvalidProxiesError)
    assert "proxies are missing: noise" in str(wrong)
    assert isinstance(right, Prediction)


def test_candidates_of_a_study_with_proxies_need_them(running: Running) -> None:
    running.observe(*map(hinted, CELLS[:5]))

    (prediction,) = running.predict(CELLS[5]).predictions

    assert isinstance(prediction, InvalidProxiesError)


def test_an_observation_without_its_proxies_is_refused(running: Running) -> None:
    with pytest.raises(InvalidObservationsError) as raised:
        running.observe(hinted(CELLS[0]), trained(CELLS[1]))

    assert raised.value.errors == {
        1: "proxies are missing: hint, noise. Study 'cells' declares them: send all with each architecture"
    }
    assert running.describe().n_observations == 0


def test_a_failed_training_leaves_the_proxies_to_the_one_that_succeeds(running: Running) -> None:
    failed = [replace(trained(cell), status=Status.FAILED, metrics={}, proxies={"hint": 0.0}) for cell in CELLS[:40]]
    running.observe(*failed)
    running.observe(*map(hinted, CELLS[:40]))
    running.fitted(40)

    found = scores(asked(running, *CELLS[40:70]))

    assert kendalltau(found, [VALUES[cell] for cell in CELLS[40:70]]).statistic > 0.6


def test_every_way_of_weighing_takes_proxies(running: Running) -> None:
    running.observe(*map(hinted, CELLS[:40]))
    running.fitted(40)

    for weighting in Weighting:
        proxies = [PROXIES[CELLS[50]]]
        answer = running.predict(CELLS[50], proxies=proxies, weighting=weighting, k=5, neighbors=3)

        (prediction,) = answer.predictions
        assert isinstance(prediction, Prediction)
        assert len(prediction.neighbors) == 3
