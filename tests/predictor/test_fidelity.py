"""Studies that declare what a full training is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from app.domain.correction import Action
from app.domain.errors import InvalidCorrectionsError, InvalidObservationsError
from app.domain.prediction import Prediction
from app.domain.study import Study
from app.domain.suggestion import Origin
from app.predictor.ports import Encoder
from app.predictor.requests import NewCorrection, NewObservation, SuggestionQuery

from .cells import CELLS, SPACE, accuracy
from .running import STUDY, Running

STUDY_IN_EPOCHS: Study = replace(STUDY, fidelity={"epochs": 200})
TRIED, TRAINED, UNSEEN = CELLS[:120], CELLS[:12], CELLS[200:400]


def training(cell: str, epochs: int, observation_id: str | None = None) -> NewObservation:
    """A training of a cell; one that is not full gives less, with more chance."""
    value = accuracy(cell)
    if epochs < 200:
        chance = np.random.default_rng(sum(map(ord, cell))).normal()
        value = 0.5 * value + 0.3 * chance
    return NewObservation(cell, {"val_accuracy": value}, observation_id, fidelity={"epochs": epochs})


@pytest.fixture
def running(tmp_path: Path, encoder: Encoder) -> Iterator[Running]:
    """A study in which 120 cells were trained for 12 epochs, and 12 of them for 200."""
    with Running(tmp_path, encoder, study=STUDY_IN_EPOCHS) as running:
        running.observe(*[training(cell, 12) for cell in TRIED])
        running.observe(*[training(cell, 200, f"full-{i}") for i, cell in enumerate(TRAINED)])
        yield running.fitted(125)


def scores(running: Running, cells: list[str] = UNSEEN) -> list[float]:
    found = running.predict(*cells, metrics=["val_accuracy"]).predictions
    return [each.metrics["val_accuracy"].score for each in found if isinstance(each, Prediction)]


def test_quick_trainings_help_to_rank(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path / "alone", encoder, study=STUDY_IN_EPOCHS) as alone:
        alone.observe(*[training(cell, 200) for cell in TRAINED])
        without = kendalltau(scores(alone), [accuracy(cell) for cell in UNSEEN]).statistic

    assert kendalltau(scores(running), [accuracy(cell) for cell in UNSEEN]).statistic > without + 0.03


def test_estimates_say_what_they_are_of(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path / "quick", encoder, study=STUDY_IN_EPOCHS) as quick:
        quick.observe(*[training(cell, 12) for cell in TRIED])

        assert quick.predict(UNSEEN[0]).levels == {"val_accuracy": 1 / 16}
        assert max(scores(quick)) < 60

    assert running.predict(UNSEEN[0]).levels == {"val_accuracy": 1}
    assert min(scores(running)) > 60
    description = running.describe()
    assert description.per_level == {"val_accuracy": {1 / 16: 120, 1: 12}, "latency": {}}
    assert description.architectures == {"val_accuracy": 12, "latency": 0}


def test_what_was_measured_is_what_full_trainings_gave(running: Running) -> None:
    full, quick = running.predict(TRIED[0], TRIED[50]).predictions

    assert isinstance(full, Prediction)
    assert isinstance(quick, Prediction)
    assert full.observed["val_accuracy"].mean == accuracy(TRIED[0])
    assert quick.observed == {}


@pytest.mark.parametrize("cache", [True, False], ids=["with the cache", "without"])
def test_a_restart_gives_the_same_estimates(running: Running, tmp_path: Path, encoder: Encoder, cache: bool) -> None:
    running.observe(*[training(cell, 12) for cell in CELLS[120:125]])
    before = scores(running.fitted(136))  # 124 quick ones are a step of the staircase
    running.predictor.close()

    with Running(tmp_path, encoder, study=STUDY_IN_EPOCHS, cache=cache) as again:
        # Embedded anew, in other batches, architectures differ in the last digits of single precision.
        np.testing.assert_allclose(scores(again), before, rtol=1e-9 if cache else 1e-6)


def test_live_quality_is_that_of_full_trainings(running: Running) -> None:
    running.observe(*[training(cell, epochs) for cell in CELLS[130:140] for epochs in (12, 200)])

    expected = [each.expected for each in running.store.observations("cells")][132:]

    assert [bool(each) for each in expected] == [False, True] * 10


def test_what_turns_out_to_have_been_quick_was_no_test_of_an_estimate(running: Running) -> None:
    cells = CELLS[120:130]
    running.observe(
        *[replace(training(cell, 200, f"late-{i}"), metrics={"val_accuracy": 5.0}) for i, cell in enumerate(cells)]
    )
    assert running.run(running.predictor.records.quality("cells", 100))["val_accuracy"].overall.n == 10
    assert running.describe().calibration["val_accuracy"] > 1.05

    changes = {"fidelity": {"epochs": 12}}
    running.correct(*[NewCorrection(f"late-{i}", Action.AMEND, changes=changes) for i in range(10)])

    quality = running.run(running.predictor.records.quality("cells", 100))["val_accuracy"]
    assert (quality.overall.n, quality.repeats) == (0, 0)
    assert running.describe().calibration["val_accuracy"] == 1.0


@pytest.mark.parametrize("epochs", [0, 201, -1])
def test_a_fidelity_beyond_the_full_one_is_refused(running: Running, epochs: int) -> None:
    with pytest.raises(InvalidObservationsError) as caught:
        running.observe(training(CELLS[150], 12), training(CELLS[151], epochs))
    with pytest.raises(InvalidCorrectionsError):
        running.correct(NewCorrection("full-3", Action.AMEND, changes={"fidelity": {"epochs": epochs}}))

    assert f"'epochs' is {epochs}: it must be a number above 0 and at most 200" in caught.value.errors[1]
    assert running.describe().n_observations == 132


def test_a_mistyped_name_does_not_make_a_full_training(running: Running) -> None:
    mistyped = NewObservation(CELLS[150], {"val_accuracy": 40.0}, fidelity={"epoch": 12})

    with pytest.raises(InvalidObservationsError) as caught:
        running.observe(mistyped)
    with pytest.raises(InvalidCorrectionsError):
        running.correct(NewCorrection("full-3", Action.AMEND, changes={"fidelity": {"epoch": 12}}))

    assert "fidelity says epoch, and not epochs, which study 'cells' declares: give that" in caught.value.errors[0]
    running.observe(replace(mistyped, fidelity={"epochs": 12, "resolution": "low"}), replace(mistyped, fidelity={}))
    assert running.describe().per_level["val_accuracy"] == {1 / 16: 121, 1: 13}


def test_a_training_that_turns_out_to_have_been_quick_counts_as_one(running: Running) -> None:
    running.correct(NewCorrection("full-3", Action.AMEND, changes={"fidelity": {"epochs": 12}}))

    assert running.describe().per_level["val_accuracy"] == {1 / 16: 121, 1: 11}


def test_of_its_own_candidates_a_search_may_promote_those_that_it_tried(running: Running) -> None:
    def suggested(candidates: list[str] | None) -> set[str]:
        query = SuggestionQuery("cells", 200, candidates=candidates, n_generated=500, metrics=["val_accuracy"], seed=0)
        answer = running.run(running.predictor.suggestions.suggest(query))
        return {each.suggestion.architecture_id for each in answer.suggested}

    fresh = suggested(None)
    promoted = suggested(TRIED)

    tried = {SPACE.parse(cell).id for cell in TRIED}
    assert not fresh & tried
    assert promoted == tried - {SPACE.parse(cell).id for cell in TRAINED}


def test_a_promotion_is_pending_until_a_full_training_comes(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    query = SuggestionQuery("cells", 2, "gpu-7", candidates=TRIED[20:40], metrics=["val_accuracy"], seed=0)

    def promoted(running: Running) -> list[str]:
        answer = running.run(running.predictor.suggestions.suggest(query))
        assert {each.suggestion.origin for each in answer.suggested} == {Origin.PROMOTION}
        return [str(each.suggestion.notation) for each in answer.suggested]

    first = promoted(running)
    running.observe(training(first[0], 12))
    assert promoted(running) == first

    running.predictor.close()
    with Running(tmp_path, encoder, study=STUDY_IN_EPOCHS) as again:
        assert promoted(again) == first
        again.observe(training(first[0], 200))
        assert set(promoted(again)) & set(first) == {first[1]}


def test_a_fresh_suggestion_is_answered_by_a_quick_training(running: Running) -> None:
    query = SuggestionQuery("cells", 1, "gpu-7", n_generated=200, metrics=["val_accuracy"], seed=0)
    (first,) = running.run(running.predictor.suggestions.suggest(query)).suggested

    running.observe(training(str(first.suggestion.notation), 12))

    (second,) = running.run(running.predictor.suggestions.suggest(query)).suggested
    assert second.suggestion.architecture_id != first.suggestion.architecture_id


def test_where_nothing_is_declared_all_trainings_count_alike(tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path, encoder) as running:
        running.observe(training(CELLS[0], 200), training(CELLS[1], 12))

        assert running.describe().architectures["val_accuracy"] == 2
        assert running.predict(UNSEEN[0]).levels == {}
