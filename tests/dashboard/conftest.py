from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.predictor.store import ObservationStore
from app.storage.sqlite import open_sqlite_store

from .studies import STUDY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObservationStore]:
    """A store with the study `cells`, still without observations."""
    with closing(open_sqlite_store(tmp_path)) as store:
        store.declare(STUDY)
        yield store
