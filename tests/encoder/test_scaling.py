from collections.abc import Sequence

import numpy as np
import pytest

from app.encoder.blocks import Features
from app.encoder.scaling import N_COMPONENTS, BlockScaling, Transform


def fit(transform: Transform, sample: Sequence[Features]) -> BlockScaling:
    return BlockScaling.fit("block", transform, sample)


def counts(n: int, n_features: int, seed: int = 0) -> list[Features]:
    matrix = np.random.default_rng(seed).poisson(2, size=(n, n_features))
    return [{f"f{i:02}": float(value) for i, value in enumerate(row) if value} for row in matrix]


@pytest.mark.parametrize("transform", list(Transform))
@pytest.mark.parametrize("n_features", [1, 5, 12])
def test_a_block_has_a_total_variance_of_one(transform: Transform, n_features: int) -> None:
    sample = counts(300, n_features)

    columns = fit(transform, sample).apply(sample)

    assert columns.var(axis=0).sum() == pytest.approx(1)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("unit", [1, 1000])
def test_the_unit_of_a_standardized_feature_does_not_matter(unit: int) -> None:
    sample = [{"a": float(i % 5) * unit, "b": float(i % 3)} for i in range(60)]

    variances = fit(Transform.STANDARD, sample).apply(sample).var(axis=0)

    np.testing.assert_allclose(variances, [0.5, 0.5])


def test_square_roots_compress_counts_and_keep_a_column_each() -> None:
    sample: list[Features] = [{}, {"a": 1.0}, {"a": 4.0}, {"a": 9.0}]

    columns = fit(Transform.SQRT, sample).apply(sample)

    np.testing.assert_allclose(np.diff(columns[:, 0]), np.full(3, 1 / np.std([0, 1, 2, 3])))


def test_a_block_keeps_at_most_so_many_components_the_largest_first() -> None:
    sample = counts(400, 30)

    scaling = fit(Transform.COMPONENTS, sample)

    variances = scaling.apply(sample).var(axis=0)
    assert scaling.n_columns == N_COMPONENTS == len(variances)
    assert (np.diff(variances) <= 1e-12).all()
    assert 0.5 < variances.sum() < 1


def test_components_keep_the_distances_of_counts_and_square_roots() -> None:
    sample = counts(200, 4)

    columns = fit(Transform.COMPONENTS, sample).apply(sample)

    raw = np.array([[features.get(f"f{i:02}", 0.0) for i in range(4)] for features in sample])
    halves = [half / np.sqrt(2 * half.var(axis=0).sum()) for half in (raw, np.sqrt(raw))]
    expected = np.concatenate(halves, axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(columns[:50] - columns[50:100], axis=1),
        np.linalg.norm(expected[:50] - expected[50:100], axis=1),
    )


def test_rare_features_are_dropped() -> None:
    sample: list[Features] = [{"common": float(i % 3)} for i in range(1000)]
    sample[7] = {"common": 1.0, "once": 5.0, "twice": 1.0}
    sample[8] = {"common": 2.0, "twice": 1.0}

    assert fit(Transform.STANDARD, sample).features == ("common", "twice")


def test_a_feature_that_is_always_zero_is_dropped() -> None:
    assert fit(Transform.STANDARD, [{"a": 1.0, "zero": 0.0}, {"a": 2.0, "zero": 0.0}]).features == ("a",)


def test_features_that_the_sample_lacked_are_left_out() -> None:
    scaling = fit(Transform.COMPONENTS, counts(100, 4))

    with_unknown, without = scaling.apply([{"f01": 2.0, "never seen": 9.0}, {"f01": 2.0}])

    np.testing.assert_array_equal(with_unknown, without)


@pytest.mark.parametrize("transform", list(Transform))
def test_a_constant_feature_adds_nothing(transform: Transform) -> None:
    sample = [{**features, "constant": 0.1} for features in counts(300, 3)]

    scaling = fit(transform, sample)

    columns = scaling.apply(sample)
    assert np.isfinite(columns).all()
    assert columns.var(axis=0).sum() == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(columns[:9] - columns[9:18], axis=1),
        np.linalg.norm(np.subtract(*np.split(fit(transform, counts(300, 3)).apply(counts(300, 3))[:18], 2)), axis=1),
    )


@pytest.mark.parametrize("transform", list(Transform))
def test_a_block_of_constants_is_harmless(transform: Transform) -> None:
    sample: list[Features] = [{"a": 0.1, "b": 7.0}] * 30

    columns = fit(transform, sample).apply([*sample, {"a": 0.2, "b": 7.0}])

    np.testing.assert_allclose(columns[:-1], 0, atol=1e-12)
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
        fit(Transform.COMPONENTS, sample).apply(sample), fit(Transform.COMPONENTS, renamed).apply(renamed), atol=1e-8
    )


def test_signs_of_components_do_not_depend_on_the_order_of_the_sample() -> None:
    sample = counts(300, 6)

    forward, backward = fit(Transform.COMPONENTS, sample), fit(Transform.COMPONENTS, sample[::-1])

    np.testing.assert_allclose(forward.projection, backward.projection, atol=1e-8)
