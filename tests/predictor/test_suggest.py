"""What to train next: promising, never promised twice, and kept across a restart."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.errors import (
    InvalidArchitectureError,
    StoreError,
    SuggestionExpiredError,
    SuggestionNotFoundError,
    UnknownMetricError,
    UnknownStudyError,
)
from app.domain.observation import Status
from app.domain.suggestion import Origin
from app.predictor import choosing
from app.predictor.choosing import Wish, parents
from app.predictor.ports import Encoder
from app.predictor.requests import NewObservation, SuggestionAnswer, SuggestionQuery
from app.proximity.acquisition import Constraint, Strategy

from .cells import CELLS, NOT_A_CELL, SPACE, accuracy
from .running import STUDY, Running, trained


def suggest(running: Running, **asked: Any) -> SuggestionAnswer:
    query = SuggestionQuery("cells", **{"n_generated": 300, "metrics": ["val_accuracy"], "seed": 0, **asked})
    return running.run(running.predictor.suggestions.suggest(query))


def ids(answer: SuggestionAnswer) -> list[str]:
    return [each.suggestion.architecture_id for each in answer.suggested]


def cells(answer: SuggestionAnswer) -> list[str]:
    return [str(each.suggestion.notation) for each in answer.suggested]


def id_of(cell: str) -> str:
    return SPACE.parse(cell).id


def latency(cell: str) -> float:
    return 1.0 + cell.count("conv_3x3") * 2


def test_before_anything_was_observed_samples_are_suggested(running: Running) -> None:
    answer = suggest(running, n=5)

    assert len(set(ids(answer))) == 5
    assert {each.suggestion.origin for each in answer.suggested} == {Origin.SAMPLE}
    assert [each.prediction for each in answer.suggested] == [None] * 5


@pytest.mark.parametrize("strategy", Strategy)
def test_suggestions_are_better_than_what_was_observed(running: Running, strategy: Strategy) -> None:
    running.observe(*map(trained, CELLS[:60]))
    running.fitted(50)

    found = cells(suggest(running, n=8, strategy=strategy))

    assert np.mean([accuracy(cell) for cell in found]) > np.quantile([accuracy(cell) for cell in CELLS[:60]], 0.9)


def test_fresh_candidates_come_from_all_sources_and_are_estimated(running: Running) -> None:
    running.observe(*map(trained, CELLS[:60]))

    answer = suggest(running, n=100, n_generated=1000)

    assert {each.suggestion.origin for each in answer.suggested} == {
        Origin.SAMPLE,
        Origin.MUTATION,
        Origin.EMBEDDING_STEP,
    }
    for each in answer.suggested:
        assert each.prediction is not None
        assert (
            each.prediction.architecture_id == each.suggestion.architecture_id == id_of(str(each.suggestion.notation))
        )
        assert each.feasible == 1
        assert each.acquisition is not None


def test_what_was_trained_or_failed_is_never_suggested(running: Running) -> None:
    running.observe(*map(trained, CELLS[:10]))
    running.observe(NewObservation(CELLS[10], {}, status=Status.FAILED))

    answer = suggest(running, n=20, candidates=CELLS[:15])

    assert set(ids(answer)) == {id_of(cell) for cell in CELLS[11:15]}
    assert {each.suggestion.origin for each in answer.suggested} == {Origin.GIVEN}


def test_no_two_workers_get_the_same(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))

    async def all_at_once() -> list[SuggestionAnswer]:
        ask = running.predictor.suggestions.suggest
        queries = [SuggestionQuery("cells", n=3, worker=f"gpu-{i}", n_generated=200) for i in range(8)]
        return await asyncio.gather(*map(ask, queries))

    answers = running.run(all_at_once())

    assert len({key for answer in answers for key in ids(answer)}) == 24
    assert len(running.run(running.predictor.suggestions.pending("cells"))) == 24


def test_a_worker_that_asks_again_gets_the_same_until_it_has_observed_it(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    first = suggest(running, n=2, worker="gpu-7")

    again = suggest(running, n=3, worker="gpu-7", seed=5)
    assert ids(again)[:2] == ids(first)
    assert [each.suggestion for each in again.suggested[:2]] == [each.suggestion for each in first.suggested]
    assert len(set(ids(again))) == 3

    running.observe(trained(cells(first)[0]))
    assert ids(suggest(running, n=2, worker="gpu-7")) == ids(again)[1:]


def test_those_who_give_no_name_get_another_each_time(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))

    assert not set(ids(suggest(running, n=3))) & set(ids(suggest(running, n=3)))


def test_a_suggestion_expires(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    first = suggest(running, worker="gpu-7", candidates=CELLS[30:31], expires_in=timedelta(microseconds=1))

    again = suggest(running, worker="gpu-8", candidates=CELLS[30:31])

    assert ids(first) == ids(again)
    (expired,) = first.suggested
    suggestions = running.predictor.suggestions
    with pytest.raises(SuggestionExpiredError, match=r"expired at .* UTC, and its architecture may be suggested"):
        running.run(suggestions.renew("cells", expired.suggestion.suggestion_id, timedelta(days=1)))
    assert running.observe(trained(CELLS[30])).stored[0].created


def test_a_suggestion_is_renewed_and_given_back(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    suggestions = running.predictor.suggestions
    (first,) = suggest(running, candidates=CELLS[30:31]).suggested
    key = first.suggestion.suggestion_id

    renewed = running.run(suggestions.renew("cells", key, timedelta(days=9)))
    assert renewed.expires_at - first.suggestion.expires_at > timedelta(days=7)
    assert running.run(suggestions.pending("cells")) == [renewed]
    assert ids(suggest(running, candidates=CELLS[30:31])) == []

    running.run(suggestions.give_back("cells", key))
    assert len(ids(suggest(running, candidates=CELLS[30:31]))) == 1
    with pytest.raises(SuggestionNotFoundError, match=f"there is no suggestion '{key}'"):
        running.run(suggestions.give_back("cells", key))


def test_promises_are_kept_across_a_restart(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    running.observe(*map(trained, CELLS[:30]))
    first = suggest(running, n=3, worker="gpu-7")
    suggest(running, n=1, worker="gpu-8")
    running.observe(trained(cells(first)[1]))
    running.predictor.close()

    with Running(tmp_path, encoder) as restarted:
        assert ids(suggest(restarted, n=2, worker="gpu-7")) == [ids(first)[0], ids(first)[2]]
        assert len(restarted.run(restarted.predictor.suggestions.pending("cells"))) == 3


def test_what_is_settled_is_not_kept_for_ever(running: Running) -> None:
    running.observe(*map(trained, CELLS[:30]))
    first = suggest(running, n=3, worker="gpu-7")
    running.observe(*map(trained, cells(first)))

    suggest(running, n=1)

    assert len(running.store.suggestions("cells")) == 1


def test_a_promise_that_cannot_be_kept_is_none(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(running.store, "suggest", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            suggest(running, candidates=CELLS[:1])

    assert ids(suggest(running, candidates=CELLS[:1])) == [id_of(CELLS[0])]


def test_a_suggestion_stays_promised_where_its_renewal_cannot_be_written(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    (first,) = suggest(running, candidates=CELLS[:1]).suggested
    suggestions, key = running.predictor.suggestions, first.suggestion.suggestion_id

    with monkeypatch.context() as broken:
        broken.setattr(running.store, "suggest", fail)
        with pytest.raises(StoreError):
            running.run(suggestions.renew("cells", key, timedelta(days=9)))
        with pytest.raises(StoreError):
            running.run(suggestions.give_back("cells", key))

    assert running.run(suggestions.pending("cells")) == [first.suggestion]


def test_constraints_are_kept(running: Running) -> None:
    running.observe(
        *(trained(cell, val_accuracy=accuracy(cell) + latency(cell), latency=latency(cell)) for cell in CELLS[:80])
    )
    running.fitted(77)

    fast = suggest(running, n=10, constraints={"latency": Constraint(at_most=4.0)})
    slow = suggest(running, n=10, constraints={"latency": Constraint(at_least=8.0)}, worker="gpu-1")

    assert np.mean([latency(cell) <= 4 for cell in cells(fast)]) >= 0.8
    assert np.mean([latency(cell) >= 8 for cell in cells(slow)]) >= 0.8
    assert all((each.feasible or 0) > 0.4 for each in fast.suggested)


def slow_is_good(running: Running, n: int) -> None:
    """The best accuracies are out of any bound on the latency."""
    running.observe(
        *(trained(cell, val_accuracy=10 * latency(cell), latency=latency(cell)) for cell in sorted(CELLS[:n]))
    )


def test_the_short_list_is_of_candidates_that_keep_the_bounds(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "SHORT_LIST", 10)
    slow_is_good(running, 80)
    running.fitted(77)

    found = cells(suggest(running, n=5, candidates=CELLS[80:], constraints={"latency": Constraint(at_most=3.5)}))

    assert [latency(cell) <= 3.5 for cell in found] == [True] * 5


def test_parents_keep_the_bounds_where_some_observed_ones_do(running: Running) -> None:
    slow_is_good(running, 80)
    state = running.predictor._studies.state("cells")
    n_fast = sum(latency(cell) <= 3.5 for cell in CELLS[:80])
    wish = Wish(["val_accuracy"], {"latency": Constraint(at_most=3.5)}, Strategy.UPPER_CONFIDENCE_BOUND)

    found = parents(state, wish, np.random.default_rng(0))

    assert found is not None
    fast = [latency(str(each)) <= 3.5 for each in found.notations]
    assert n_fast > 5
    assert fast[:n_fast] == [True] * min(n_fast, len(fast))


def test_before_an_objective_was_observed_the_bounds_count_all_the_same(running: Running) -> None:
    running.observe(*(trained(cell, latency=latency(cell)) for cell in CELLS[:80]))
    running.fitted(0)

    answer = suggest(running, n=5, candidates=CELLS[80:], constraints={"latency": Constraint(at_most=3.5)})

    assert np.mean([latency(cell) <= 3.5 for cell in cells(answer)]) >= 0.8
    assert all((each.feasible or 0) < 1 for each in answer.suggested)


def test_both_bounds_of_a_metric_hold_at_once(running: Running) -> None:
    slow_is_good(running, 10)

    answer = suggest(running, n=5, constraints={"latency": Constraint(at_least=4.0, at_most=4.0)})

    assert [each.feasible for each in answer.suggested] == [pytest.approx(0, abs=1e-9)] * 5


def test_of_candidates_that_were_all_trained_none_is_suggested(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))

    assert ids(suggest(running, n=2, candidates=CELLS[:5])) == []


def test_several_metrics_are_improved_along_their_front(running: Running) -> None:
    def goodness(cell: str) -> float:
        return accuracy(cell) + latency(cell)  # a slow operation is a good one

    running.observe(*(trained(cell, val_accuracy=goodness(cell), latency=latency(cell)) for cell in CELLS[:80]))
    running.fitted(77)

    found = cells(suggest(running, n=12, metrics=None))

    assert len({latency(cell) for cell in found}) >= 3
    dominated = [
        any(goodness(other) > goodness(cell) and latency(other) < latency(cell) for other in CELLS[:80])
        for cell in found
    ]
    assert np.mean(dominated) < 0.3


def test_the_same_seed_gives_the_same(running: Running, tmp_path: Path, encoder: Encoder) -> None:
    running.observe(*map(trained, CELLS[:20]))
    with Running(tmp_path / "other", encoder) as other:
        other.observe(*map(trained, CELLS[:20]))

        assert ids(suggest(running, n=5, seed=3)) == ids(suggest(other, n=5, seed=3))


def test_wrong_candidates_do_not_spoil_the_others(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))

    answer = suggest(running, n=5, candidates=[NOT_A_CELL, CELLS[6], CELLS[6]])

    assert ids(answer) == [id_of(CELLS[6])]
    assert "conv_5x5" in answer.invalid[0]
    with pytest.raises(InvalidArchitectureError, match="no candidate is an architecture of this study; the first"):
        suggest(running, candidates=[NOT_A_CELL])


def test_what_is_not_there_is_named(running: Running) -> None:
    with pytest.raises(UnknownMetricError, match="'loss'"):
        suggest(running, metrics=["loss"])
    with pytest.raises(UnknownMetricError, match="'loss'"):
        suggest(running, constraints={"loss": Constraint(at_most=1)})
    with pytest.raises(UnknownStudyError):
        running.run(running.predictor.suggestions.suggest(SuggestionQuery("none")))
    with pytest.raises(SuggestionNotFoundError):
        running.run(running.predictor.suggestions.renew("cells", "none", timedelta(days=1)))


def test_a_study_with_proxies_is_suggested_fresh_candidates_too(tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path, encoder, study=replace(STUDY, proxies=("params",))) as running:
        running.observe(
            *(NewObservation(c, {"val_accuracy": accuracy(c)}, proxies={"params": float(len(c))}) for c in CELLS[:40])
        )
        running.fitted(40)

        assert len(ids(suggest(running, n=5))) == 5
