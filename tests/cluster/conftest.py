from collections.abc import Iterator

import pytest

from .database import Database, database


@pytest.fixture(scope="module")
def postgres() -> Iterator[Database]:
    with database() as running:
        yield running
