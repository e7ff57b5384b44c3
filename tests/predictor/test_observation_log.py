import numpy as np
import pytest

from app.predictor.observation_log import ObservationLog
from app.proximity.scales import MAX_TO_FIT, fit_scales
from app.proximity.value_transform import ValueTransform

from .models import GROUPS, heights, points


def log_of(n: int, repeats: int, noise: float = 0.0) -> ObservationLog:
    """n architectures, each trained as often, with that much chance in each training."""
    where = points(n)
    rows = np.arange(n * repeats) % n
    chance = np.random.default_rng(1).normal(scale=noise, size=n * repeats)
    return ObservationLog(where, rows, np.array(heights(where))[rows] + chance, np.ones(n * repeats))


def test_all_trainings_of_an_architecture_are_fitted_to_together() -> None:
    log = log_of(600, repeats=3)

    chosen = log.drawn(MAX_TO_FIT, np.random.default_rng(0))

    assert len(chosen) == len(set(chosen.tolist())) == MAX_TO_FIT
    counts = np.bincount(log.rows[chosen])
    assert sorted(set(counts[counts > 0].tolist())) in ([3], [1, 3], [2, 3])


def test_without_repeats_observations_are_drawn_at_random() -> None:
    log = log_of(700, repeats=1)

    chosen = log.drawn(MAX_TO_FIT, np.random.default_rng(700))

    assert chosen.tolist() == np.random.default_rng(700).choice(700, MAX_TO_FIT, replace=False).tolist()


def test_few_observations_are_all_fitted_to() -> None:
    assert log_of(45, repeats=2).drawn(MAX_TO_FIT, np.random.default_rng(0)).tolist() == list(range(90))


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_repeats_tell_the_noise_of_a_large_study(noise: float) -> None:
    large, small = log_of(1500, repeats=2, noise=noise), log_of(200, repeats=2, noise=noise)

    found = large.fit(3000, GROUPS)

    scores = ValueTransform.fit(small.values).scores
    whole = fit_scales(small.embeddings[small.rows].astype(np.float64), scores, GROUPS, np.random.default_rng(0))
    assert found.log_noise == pytest.approx(whole.log_noise, abs=0.5)
