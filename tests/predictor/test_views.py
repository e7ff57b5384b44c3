"""What pictures are drawn from."""

import numpy as np
import pytest

from app.domain.errors import InvalidArchitectureError, UnknownMetricError, UnknownStudyError

from .cells import CELLS, NOT_A_CELL, SPACE
from .running import Running, trained


def test_the_sample_of_a_space_is_always_the_same(running: Running) -> None:
    views = running.predictor.views
    sight = running.run(views.sight("cells", None))

    sample = running.run(views.space_sample(sight.encoding))
    views._samples.clear()
    again = running.run(views.space_sample(sight.encoding))

    assert sample.dtype == np.float32
    assert (sample == again).all()
    assert len(np.unique(sample, axis=0)) == len(sample) > 300


def test_embeddings_of_trained_architectures_are_those_that_estimates_rest_on(running: Running) -> None:
    """However many are asked for at once."""
    some = CELLS[:300]
    running.observe(*map(trained, some))
    views = running.predictor.views
    sight = running.run(views.sight("cells", "latency"))
    ids = [SPACE.parse(cell).id for cell in some]

    found = running.run(views.embeddings(sight, [*ids, "f" * 32, *ids, *ids]))

    assert found is not None
    assert list(found) == ids
    known = running.predictor._studies.state("cells").architectures
    assert all((found[key] == known.columns[known.number(key)]).all() for key in ids)


def test_points_lie_as_far_apart_as_estimates_see_them(running: Running) -> None:
    running.observe(*map(trained, CELLS[:40]))
    running.fitted(38)
    views = running.predictor.views
    sight = running.run(views.sight("cells", None))
    ids = [SPACE.parse(cell).id for cell in CELLS[:40]]
    found = running.run(views.embeddings(sight, ids))
    assert found is not None

    points = sight.points(np.stack([found[key] for key in ids]))

    model = running.predictor._studies.state("cells").models["val_accuracy"]
    assert points == pytest.approx(model.scales.points(model.log.embeddings, model.groups))


def test_a_study_that_was_deleted_has_no_embeddings(running: Running) -> None:
    running.observe(trained(CELLS[0]))
    views = running.predictor.views
    sight = running.run(views.sight("cells", None))
    running.run(running.predictor.delete("cells"))

    with pytest.raises(UnknownStudyError):
        running.run(views.embeddings(sight, [SPACE.parse(CELLS[0]).id]))


def test_what_is_not_there_is_refused(running: Running) -> None:
    views = running.predictor.views

    with pytest.raises(UnknownStudyError):
        running.run(views.sight("none", None))
    with pytest.raises(UnknownMetricError):
        running.run(views.sight("cells", "loss"))


def test_notations_are_parsed_one_by_one(running: Running) -> None:
    found = running.run(running.predictor.views.parsed(SPACE, [CELLS[0], NOT_A_CELL], lambda parsed: parsed.id))

    assert found[0] == SPACE.parse(CELLS[0]).id
    assert isinstance(found[1], InvalidArchitectureError)
