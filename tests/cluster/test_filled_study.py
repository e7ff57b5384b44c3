"""A study that a benchmark copied into the database is as one that was observed."""

from contextlib import closing
from datetime import UTC, datetime

from app.domain.observation import Observation
from app.spaces.registry import get_space
from app.storage.postgres import open_postgres_store
from benchmarks.cluster.filling import fill
from benchmarks.serving.filled import METRIC, NAME

from .database import Database


def test_copied_rows_are_read_and_added_to(postgres_server: Database) -> None:
    url = postgres_server.new()
    fill(url, 1_200)

    with closing(open_postgres_store(url)) as store:
        found = list(store.observations(NAME))
        cell = get_space("darts").parse(found[0].notation)
        appended = store.append(NAME, [Observation("new", cell.id, cell.notation, {METRIC: 90.0}, datetime.now(UTC))])
        record = store.study(NAME)

    assert len({each.architecture_id for each in found}) == 1_200
    assert found[0].architecture_id == cell.id
    assert {each.revision for each in found} == {1, 2}
    assert all(80 < each.metrics[METRIC] < 100 for each in found)
    assert (appended.revision, record.n_observations) == (3, 1_201)
