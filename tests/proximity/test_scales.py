import numpy as np
import pytest

from app.proximity import scales
from app.proximity.kernel import FloatArray, squared_distances
from app.proximity.scales import MAX_TO_FIT, MIN_TO_FIT, START_LOG_NOISE, ColumnGroups, Scales, fit_scales

# Three blocks of three columns, each scaled as a whole.
BLOCK = np.repeat([0, 1, 2], 3)
GROUPS = ColumnGroups.of(BLOCK, BLOCK)


def embeddings(n: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(n, 9))


def fit(x: FloatArray, scores: FloatArray, *, seed: int = 0) -> Scales:
    return fit_scales(x, scores, GROUPS, np.random.default_rng(seed))


def assert_is_prior(found: Scales) -> None:
    assert found.log_scales.tolist() == [GROUPS.start] * 3
    assert found.log_noise == START_LOG_NOISE


def test_before_there_are_labels_all_groups_are_alike() -> None:
    assert_is_prior(Scales.prior(GROUPS))


def test_too_few_observations_leave_the_prior() -> None:
    x = embeddings(MIN_TO_FIT)

    assert_is_prior(fit(x[:-1], x[:-1, 0]))
    assert fit(x, x[:, 0]).log_scales.tolist() != Scales.prior(GROUPS).log_scales.tolist()


def test_equal_scores_leave_the_prior() -> None:
    assert_is_prior(fit(embeddings(50), np.zeros(50)))


@pytest.mark.parametrize("relevant", [0, 1, 2])
def test_the_block_that_matters_gets_the_largest_scale(relevant: int) -> None:
    x = embeddings(120)
    scores = np.sin(x[:, 3 * relevant]) + x[:, 3 * relevant + 1]

    found = fit(x, scores)

    others = np.delete(found.log_scales, relevant)
    assert found.log_scales[relevant] > others.max() + 1


def test_noisier_trainings_are_found_out() -> None:
    x = embeddings(150)
    noise = np.random.default_rng(1).normal(size=150)

    quiet, loud = (fit(x, x[:, 0] + x[:, 1] + share * noise).log_noise for share in (0.05, 1.0))

    assert loud > quiet + 2


def test_repeated_trainings_that_lie_apart_are_noise() -> None:
    # Sixty networks, each trained twice: the two results agree, or differ by as much as networks do.
    once = embeddings(60)
    x, scores = np.repeat(once, 2, axis=0), np.repeat(once[:, 0], 2)
    apart = np.tile([0.7, -0.7], 60)

    agreeing, differing = fit(x, scores).log_noise, fit(x, scores + apart).log_noise

    assert agreeing < -6
    assert differing > agreeing + 3


def test_the_same_generator_draws_the_same_observations() -> None:
    x = embeddings(MAX_TO_FIT + 100)
    scores = x[:, 0] + 0.5 * np.random.default_rng(1).normal(size=len(x))

    first, again, other = fit(x, scores, seed=1), fit(x, scores, seed=1), fit(x, scores, seed=2)

    assert first.log_scales.tolist() == again.log_scales.tolist()
    assert first.log_noise == again.log_noise
    assert first.log_scales.tolist() != other.log_scales.tolist()


def test_at_most_so_many_observations_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    class Watched(scales.Objective):
        def __init__(
            self, x: FloatArray, scores: FloatArray, groups: ColumnGroups, trend: FloatArray | None = None
        ) -> None:
            sizes.append((len(x), len(scores)))
            super().__init__(x, scores, groups, trend)

    monkeypatch.setattr(scales, "Objective", Watched)
    monkeypatch.setattr(scales, "ITERATIONS", 1)
    x = embeddings(MAX_TO_FIT + 1)

    fit(x, x[:, 0])

    assert sizes == [(MAX_TO_FIT, MAX_TO_FIT)]


@pytest.mark.parametrize("seed", range(3))
def test_scales_stay_within_their_bounds(seed: int) -> None:
    # Scores that no feature explains, and scores that one explains without any noise: each pulls at a bound.
    x = embeddings(60, seed)
    chance = np.random.default_rng(seed).normal(size=60)

    for scores in (chance, 100 * x[:, 0]):
        found = fit(x, scores)
        assert (found.log_scales >= GROUPS.start - 6).all()
        assert (found.log_scales <= GROUPS.start + 5).all()
        assert -8 <= found.log_noise <= 1.5


def test_fitting_never_ends_worse_than_it_began() -> None:
    x = embeddings(80)
    scores = x[:, 0] - x[:, 4]
    objective = scales.Objective(x, scores, GROUPS)
    prior = Scales.prior(GROUPS)

    found = fit(x, scores)

    began = objective(np.append(prior.log_scales, prior.log_noise))[0]
    assert objective(np.append(found.log_scales, found.log_noise))[0] < began


def test_copies_and_outliers_leave_the_scales_finite() -> None:
    x = embeddings(60)
    x[10:30] = x[0]
    x[40] = 1e3
    scores = x[:, 0].copy()
    scores[50] = -1e6

    found = fit(x, scores)

    assert np.isfinite([*found.log_scales, found.log_noise]).all()


def test_all_networks_alike_leave_the_scales_finite() -> None:
    found = fit(np.ones((40, 9)), np.random.default_rng(0).normal(size=40))

    assert np.isfinite([*found.log_scales, found.log_noise]).all()


WITH_TWO_PROXIES = ColumnGroups.of(BLOCK, BLOCK, n_proxies=2)


def distances(found: Scales, x: FloatArray) -> FloatArray:
    z = found.points(x, WITH_TWO_PROXIES)
    return squared_distances(z, z)


def with_proxies(n: int) -> tuple[FloatArray, FloatArray]:
    """Embeddings with two proxies, and scores that follow the first of them."""
    rng = np.random.default_rng(3)
    proxies = rng.normal(size=(n, 2))
    return np.concatenate([embeddings(n), proxies], axis=1), proxies[:, 0] + 0.1 * rng.normal(size=n)


def test_proxies_do_not_count_before_observations_tell_how_much() -> None:
    x, _ = with_proxies(10)

    with_them = Scales.prior(WITH_TWO_PROXIES).points(x, WITH_TWO_PROXIES)

    assert np.all(with_them[:, 9:] == 0)
    assert np.all(with_them[:, :9] != 0)


def test_a_proxy_that_tells_counts_more_than_one_that_does_not() -> None:
    x, scores = with_proxies(100)

    found = fit_scales(x, scores, WITH_TWO_PROXIES, np.random.default_rng(0))

    assert found.log_scales[3] > found.log_scales[4] + 1
    assert found.log_scales[3] > found.log_scales[:3].max() + 1


@pytest.mark.parametrize(("unit", "offset"), [(1e-60, 0), (1e90, 0), (40, 1.7e9)])
def test_the_unit_of_a_proxy_does_not_matter(unit: float, offset: float) -> None:
    x, scores = with_proxies(60)
    in_unit = x.copy()
    in_unit[:, 9] = unit * x[:, 9] + offset

    found, expected = (fit_scales(each, scores, WITH_TWO_PROXIES, np.random.default_rng(0)) for each in (in_unit, x))

    np.testing.assert_allclose(distances(found, in_unit), distances(expected, x), rtol=1e-3, atol=1e-6)


def test_a_proxy_that_never_varies_does_not_count() -> None:
    x, scores = with_proxies(60)
    x[:, 10] = 7.0

    found = fit_scales(x, scores, WITH_TWO_PROXIES, np.random.default_rng(0))

    x[0, 10] = 8.0
    assert np.all(found.points(x, WITH_TWO_PROXIES)[:, 10] == 0)


def test_a_proxy_far_from_all_others_leaves_distances_finite() -> None:
    x, scores = with_proxies(60)
    found = fit_scales(x, scores, WITH_TWO_PROXIES, np.random.default_rng(0))

    x[0, 9] = 1e100

    assert np.isfinite(distances(found, x)).all()


def test_a_few_wrong_proxies_do_not_silence_it() -> None:
    x, scores = with_proxies(100)
    x[:3, 9] = [1e30, -1e12, 1e6]

    found = fit_scales(x, scores, WITH_TWO_PROXIES, np.random.default_rng(0))

    assert found.log_scales[3] > found.log_scales[:3].max() + 1
    assert found.proxy_units[0, 1] == pytest.approx(1, rel=0.3)


@pytest.mark.parametrize("wrong", [0.0, 1e30])
def test_a_yes_or_no_tells_too(wrong: float) -> None:
    x, scores = with_proxies(100)
    x[:, 9] = x[:, 9] > 1
    x[0, 9] = wrong

    found = fit_scales(x, scores, WITH_TWO_PROXIES, np.random.default_rng(0))

    assert found.proxy_units[0].tolist() == pytest.approx([0, 1.4826])
    assert found.log_scales[3] > found.log_scales[:3].max()


def test_a_proxy_that_is_not_known_counts_as_the_median() -> None:
    x, scores = with_proxies(60)
    found = fit_scales(x, scores, WITH_TWO_PROXIES, np.random.default_rng(0))
    x[0, 9], x[1, 9] = np.nan, np.median(x[:, 9])

    points = found.points(x, WITH_TWO_PROXIES)

    assert points[0, 9] == pytest.approx(points[1, 9], abs=1e-12)


def test_proxies_leave_the_distances_of_the_embedding_as_they_are_before_they_count() -> None:
    x, _ = with_proxies(10)

    with_them, without = Scales.prior(WITH_TWO_PROXIES).points(x, WITH_TWO_PROXIES), Scales.prior(GROUPS)

    assert with_them[:, :9].tolist() == without.points(x[:, :9], GROUPS).tolist()
