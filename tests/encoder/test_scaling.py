from collections.abc import Sequence

import numpy as np
import pytest

from app.encoder.blocks import Features
from app.encoder.scaling import (
    KEPT_VARIANCE,
    MAX_COMPONENTS,
    MAX_SCALED_BY_FEATURE,
    RAREST,
    BlockScaling,
    FloatArray,
    Transform,
)

ROUNDING = 1e-6  # means and projections have single precision, as in a file


def fit(
    transform: Transform, sample: Sequence[Features], *, variance: float = 1.0, max_components: int = MAX_COMPONENTS
) -> BlockScaling:
    return BlockScaling.fit("block", transform, sample, variance=variance, max_components=max_components)


def counts(n: int, n_features: int, seed: int = 0) -> list[Features]:
    matrix = np.random.default_rng(seed).poisson(2, size=(n, n_features))
    return [{f"f{i:02}": float(value) for i, value in enumerate(row) if value} for row in matrix]


def sides(sample: Sequence[Features], n_features: int) -> FloatArray:
    """Counts and their square roots side by side, each with half of a total variance of one."""
    raw = np.array([[features.get(f"f{i:02}", 0.0) for i in range(n_features)] for features in sample])
    halves = [half - half.mean(axis=0) for half in (raw, np.sqrt(raw))]
    return np.concatenate([half / np.sqrt(2 * half.var(axis=0).sum()) for half in halves], axis=1)


@pytest.mark.parametrize("transform", list(Transform))
@pytest.mark.parametrize("n_features", [1, 5, 12])
@pytest.mark.parametrize("variance", [1.0, 0.5, 2.0])
def test_a_block_has_the_total_variance_that_it_is_given(
    transform: Transform, n_features: int, variance: float
) -> None:
    sample = counts(300, n_features)

    columns = fit(transform, sample, variance=variance).apply(sample)

    total = columns.var(axis=0).sum() / variance
    least = KEPT_VARIANCE if transform is Transform.COMPONENTS else 1
    assert least - ROUNDING < total < 1 + ROUNDING
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=ROUNDING)


@pytest.mark.parametrize("unit", [1, 1000])
def test_the_unit_of_a_standardized_feature_does_not_matter(unit: int) -> None:
    sample = [{"a": float(i % 5) * unit, "b": float(i % 3)} for i in range(60)]

    variances = fit(Transform.STANDARD, sample).apply(sample).var(axis=0)

    np.testing.assert_allclose(variances, [0.5, 0.5], rtol=ROUNDING)


def test_square_roots_compress_counts_and_keep_a_column_each() -> None:
    sample: list[Features] = [{}, {"a": 1.0}, {"a": 4.0}, {"a": 9.0}]

    columns = fit(Transform.SQRT, sample).apply(sample)

    np.testing.assert_allclose(np.diff(columns[:, 0]), np.full(3, 1 / np.std([0, 1, 2, 3])), rtol=ROUNDING)


def test_as_many_components_are_kept_as_explain_98_percent_the_largest_first() -> None:
    sample = counts(400, 30)

    variances = fit(Transform.COMPONENTS, sample).apply(sample).var(axis=0)

    assert (np.diff(variances) <= 1e-12).all()
    assert variances[:-1].sum() < KEPT_VARIANCE <= variances.sum() + ROUNDING < 1


@pytest.mark.parametrize("at_most", [1, 24, MAX_COMPONENTS])
def test_a_block_keeps_at_most_so_many_components(at_most: int) -> None:
    sample = counts(400, 100)

    columns = fit(Transform.COMPONENTS, sample, max_components=at_most).apply(sample)

    expected = np.sort(np.linalg.eigvalsh(np.cov(sides(sample, 100), rowvar=False, ddof=0)))[: -at_most - 1 : -1]
    np.testing.assert_allclose(columns.var(axis=0), expected, rtol=1e-5)


def test_more_features_than_can_have_a_scale_each_are_given_components() -> None:
    few, many = (counts(100, n) for n in (MAX_SCALED_BY_FEATURE, MAX_SCALED_BY_FEATURE + 1))

    assert fit(Transform.STANDARD, few).transform is Transform.STANDARD
    assert fit(Transform.STANDARD, many).transform is Transform.COMPONENTS


def test_components_keep_the_distances_of_counts_and_square_roots() -> None:
    sample = counts(200, 4)

    columns = fit(Transform.COMPONENTS, sample).apply(sample)

    found, whole = (np.linalg.norm(x[:100] - x[100:], axis=1) for x in (columns, sides(sample, 4)))
    assert (found <= whole + ROUNDING).all()
    assert (found**2).sum() == pytest.approx((whole**2).sum(), rel=1 - KEPT_VARIANCE)


def test_features_of_fewer_than_one_graph_in_500_are_dropped() -> None:
    n = 10_000
    sample: list[Features] = [
        {"common": float(i % 3), "enough": float(i < RAREST * n), "rare": float(i < RAREST * n - 1)} for i in range(n)
    ]

    assert fit(Transform.STANDARD, sample).features == ("common", "enough")


def test_a_feature_that_is_always_zero_is_dropped() -> None:
    assert fit(Transform.STANDARD, [{"a": 1.0, "zero": 0.0}, {"a": 2.0, "zero": 0.0}]).features == ("a",)


def test_features_that_the_sample_lacked_are_left_out() -> None:
    scaling = fit(Transform.COMPONENTS, counts(100, 4))

    with_unknown, without = scaling.apply([{"f01": 2.0, "never seen": 9.0}, {"f01": 2.0}])

    np.testing.assert_array_equal(with_unknown, without)


@pytest.mark.parametrize("transform", list(Transform))
def test_a_constant_feature_adds_nothing(transform: Transform) -> None:
    plain = counts(300, 3)
    sample = [{**features, "constant": 0.1} for features in plain]

    columns, expected = (fit(transform, rows).apply(rows) for rows in (sample, plain))

    found, whole = (np.linalg.norm(x[:150] - x[150:], axis=1) for x in (columns, expected))
    np.testing.assert_allclose(found, whole, atol=1e-5)


@pytest.mark.parametrize("transform", list(Transform))
def test_a_block_of_constants_is_harmless(transform: Transform) -> None:
    sample: list[Features] = [{"a": 0.1, "b": 7.0}] * 30

    columns = fit(transform, sample).apply([*sample, {"a": 0.2, "b": 7.0}])

    np.testing.assert_allclose(columns[:-1], 0, atol=ROUNDING)
    assert (np.abs(columns[-1]) < 1).all()


@pytest.mark.parametrize("transform", list(Transform))
def test_a_block_whose_features_are_all_rare_has_no_columns(transform: Transform) -> None:
    sample: list[Features] = [{f"only here {i}": 1.0} for i in range(1000)]

    scaling = fit(transform, sample)

    assert scaling.features == ()
    assert scaling.apply(sample[:3]).shape == (3, 0)


def test_columns_do_not_depend_on_the_names_of_features() -> None:
    sample = counts(300, 6)
    renamed = [{f"g{9 - int(name[1:])}": value for name, value in features.items()} for features in sample]

    np.testing.assert_allclose(
        fit(Transform.COMPONENTS, sample).apply(sample),
        fit(Transform.COMPONENTS, renamed).apply(renamed),
        atol=ROUNDING,
    )


def test_signs_of_components_do_not_depend_on_the_order_of_the_sample() -> None:
    sample = counts(300, 6)

    forward, backward = fit(Transform.COMPONENTS, sample), fit(Transform.COMPONENTS, sample[::-1])

    np.testing.assert_allclose(forward.projection, backward.projection, atol=ROUNDING)


@pytest.mark.parametrize("transform", list(Transform))
def test_a_scaling_has_single_precision_so_that_storing_it_changes_nothing(transform: Transform) -> None:
    scaling = fit(transform, counts(300, 6))

    for array in (scaling.mean, scaling.projection):
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, array.astype(np.float32))


def test_fewer_features_and_columns_are_kept_where_cells_share_them() -> None:
    sample = counts(200, 40)

    few = BlockScaling.fit("block", Transform.COMPONENTS, sample, max_features=10)
    shared = BlockScaling.fit("block", Transform.STANDARD, sample, max_scaled=39, max_components=6)

    assert len(few.features) == 10
    assert (shared.transform, shared.n_columns) == (Transform.COMPONENTS, 6)
