import numpy as np

from app.predictor.growing import GrowingRows


def test_rows_come_back_in_the_order_in_which_they_came() -> None:
    grown = GrowingRows(np.empty((0, 2), dtype=np.float32))
    batches = [np.random.default_rng(i).normal(size=(i % 5, 2)).astype(np.float32) for i in range(40)]

    for batch in batches:
        grown.append(batch)

    np.testing.assert_array_equal(grown.rows, np.concatenate(batches))
    assert len(grown) == sum(map(len, batches))
    assert grown.rows.dtype == np.float32


def test_a_view_stays_as_it_is() -> None:
    grown = GrowingRows(np.empty(0))
    grown.append(np.arange(3.0))
    view = grown.rows

    for _ in range(20):
        grown.append(np.full(7, -1.0))

    assert view.tolist() == [0, 1, 2]


def test_wider_numbers_widen_the_rows() -> None:
    grown = GrowingRows(np.empty((0, 1), dtype=np.float32))
    grown.append(np.ones((1, 1), dtype=np.float32))

    grown.append(np.full((1, 1), 1e300))

    assert grown.rows.ravel().tolist() == [1, 1e300]
