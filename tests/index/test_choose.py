from app.index.choose import HNSW_FROM, make_index
from app.index.exact import ExactIndex
from app.index.hnsw import HnswIndex


def test_small_studies_are_searched_exactly_and_large_ones_in_a_graph() -> None:
    small, large = make_index(3, HNSW_FROM - 1), make_index(3, HNSW_FROM)

    assert isinstance(small, ExactIndex)
    assert isinstance(large, HnswIndex)
    assert small.dimension == large.dimension == 3
