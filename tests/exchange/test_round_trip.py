"""What is exported comes back to the last bit, whatever the format."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from app.domain.correction import History
from app.domain.observation import Status
from app.domain.study import Study
from app.exchange.export_file import export
from app.exchange.formats import format_of
from app.exchange.reading import Export, open_export
from app.exchange.restoring import restore
from app.exchange.skipping import BadRows
from app.exchange.target import find_target
from app.predictor.store import ObservationStore
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.storage.sqlite import open_sqlite_store

from .studies import CELLS, METRICS, STUDY, exact, histories, trained

NAMES = ["cells.csv", "cells.csv.gz", "cells.jsonl", "cells.ndjson.gz", "cells.parquet"]
ONE_OF_EACH = ["cells.csv", "cells.jsonl", "cells.parquet"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObservationStore]:
    with closing(open_sqlite_store(tmp_path / "data")) as store:
        yield store


def exported(store: ObservationStore, path: Path, as_of: int | None = None) -> Path:
    list(export(store, "cells", path, format_of(path, ""), as_of))
    return path


def opened(path: Path) -> Export:
    found = open_export(path)
    assert found is not None
    return found


def imported(store: ObservationStore, path: Path, name: str) -> None:
    with closing(opened(path)) as file, BadRows(str(path), None) as bad:
        target = find_target(store, name, file.description, file.metrics)
        list(restore(store, target, file.rows, bad))


def declare_space(store: ObservationStore, declaration: str) -> Callable[[object], str]:
    """Declares the space `blocks`; gives the id of its notations."""
    parsed = parse_declaration(json.loads(declaration))
    store.declare_space("blocks", parsed.to_json())
    return lambda notation: declared_space("blocks", parsed).parse(notation).id


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(observed=histories())
def test_a_study_comes_back_as_it_was(
    store: ObservationStore, tmp_path: Path, name: str, observed: list[History]
) -> None:
    for study in ("cells", "copy"):
        if study in {record.study.name for record in store.studies()}:
            store.delete(study)
    store.declare(STUDY)
    store.restore("cells", observed, 0)

    imported(store, exported(store, tmp_path / name), "copy")

    assert exact(list(store.histories("copy"))) == exact(list(store.histories("cells")))
    assert list(store.histories("copy")) == observed
    assert store.study("copy").study == replace(STUDY, name="copy")
    assert store.study("copy").revision == store.study("cells").revision


@pytest.fixture
def cells(store: ObservationStore) -> ObservationStore:
    """Five trainings of three cells, one of them failed."""
    store.declare(STUDY)
    observations = [trained(i) for i in range(4)] + [trained(4, metrics={}, status=Status.FAILED)]
    for each in observations:
        store.append("cells", [each])
    return store


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_importing_twice_is_harmless(cells: ObservationStore, tmp_path: Path, name: str) -> None:
    path = exported(cells, tmp_path / name)

    for _ in range(2):
        imported(cells, path, "copy")

    assert len(list(cells.histories("copy"))) == 5
    assert cells.study("copy").revision == 5


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_an_empty_study_comes_back_empty(store: ObservationStore, tmp_path: Path, name: str) -> None:
    store.declare(STUDY)

    imported(store, exported(store, tmp_path / name), "copy")

    assert store.study("copy").study == replace(STUDY, name="copy")


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_study_is_exported_as_it_was_at_a_revision(cells: ObservationStore, tmp_path: Path, name: str) -> None:
    path = exported(cells, tmp_path / name, as_of=3)

    imported(cells, path, "copy")

    with closing(opened(path)) as file:
        assert file.description is not None
        assert file.description.revision == 3
    assert list(cells.histories("copy")) == list(cells.histories("cells", as_of=3))


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_declared_space_goes_along(tmp_path: Path, name: str) -> None:
    declaration = '{"kind":"choices","variables":[{"name":"depth","values":[1,2,3]}]}'
    notation: dict[str, object] = {"choices": {"depth": 2}}
    with closing(open_sqlite_store(tmp_path / "one")) as one, closing(open_sqlite_store(tmp_path / "other")) as other:
        id_of = declare_space(one, declaration)
        one.declare(Study("cells", "blocks", METRICS))
        one.append("cells", [replace(trained(0), architecture_id=id_of(notation), notation=notation, proxies={})])

        imported(other, exported(one, tmp_path / name), "cells")

        assert other.spaces()[0].declaration == one.spaces()[0].declaration
        assert list(other.histories("cells")) == list(one.histories("cells"))


def test_floats_have_every_digit(cells: ObservationStore, tmp_path: Path) -> None:
    cells.append("cells", [trained(7, metrics={"val_accuracy": 0.1 + 0.2})])

    lines = exported(cells, tmp_path / "cells.csv").read_text().splitlines()

    assert ",0.30000000000000004," in lines[-1]
    assert lines[0].startswith(
        "observation_id,architecture_id,architecture,status,metrics.val_accuracy,metrics.latency.ms,"
    )
    assert CELLS[0] in lines[1]
