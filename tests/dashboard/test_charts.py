"""Where architectures lie that came after a map by UMAP was computed."""

import numpy as np
import pytest

from app.dashboard.charts import UmapChart
from app.domain.study import Metric
from app.encoder.checkpoint import load_checkpoint
from app.predictor.encoding import Encoding
from app.predictor.ports import Float32Array
from app.predictor.views import Sight
from app.proximity.scales import ColumnGroups, Scales
from app.settings import MODELS_DIR
from tests.predictor.cells import CELLS, SPACE

ENCODING = Encoding(SPACE, load_checkpoint(MODELS_DIR, SPACE).serving())
PLACES = np.random.default_rng(0).uniform(size=(20, 2))


@pytest.fixture
def sight() -> Sight:
    encoder = ENCODING.encoder
    scales = Scales.prior(ColumnGroups.of(encoder.group_of_column, encoder.block_of_column))
    return Sight("cells", Metric("val_accuracy"), ENCODING, scales)


def embedded(n: int) -> Float32Array:
    return np.stack(ENCODING.embed(CELLS[:n]))


def chart(sight: Sight) -> UmapChart:
    """Of a sample of fifteen cells, and of five that were trained."""
    points = sight.points(embedded(20)).astype(np.float32)
    return UmapChart(sight, points, PLACES, [f"trained-{i}" for i in range(5)])


def test_those_that_it_was_computed_of_lie_where_umap_has_them(sight: Sight) -> None:
    found = chart(sight)

    assert (found.space == PLACES[:15]).all()
    assert found.places == {f"trained-{i}": tuple(PLACES[15 + i].tolist()) for i in range(5)}


def test_the_same_architecture_lies_on_the_same_place(sight: Sight) -> None:
    found = chart(sight)

    found.place({"again": embedded(20)[3]})

    assert found.places["again"] == pytest.approx(PLACES[3], abs=1e-3)


def test_another_one_lies_amid_its_five_nearest_closer_to_those_that_are_nearer(sight: Sight) -> None:
    found = chart(sight)
    points = sight.points(embedded(40))

    found.place({f"new-{i}": embedded(40)[i] for i in range(20, 40)})

    for i in range(20, 40):
        distances = np.linalg.norm(points[:20] - points[i], axis=1)
        nearest = np.argsort(distances)[:5]
        expected = np.average(PLACES[nearest], axis=0, weights=1 / distances[nearest])
        assert found.places[f"new-{i}"] == pytest.approx(expected, abs=1e-3)
