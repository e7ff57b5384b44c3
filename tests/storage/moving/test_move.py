"""Everything moves between SQLite and a real PostgreSQL, and is the same there."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from app.domain.correction import Action, Correction, History
from app.domain.errors import SpaceConflictError, StoreError, StudyConflictError
from app.domain.study import Metric
from app.domain.suggestion import Origin, Suggestion
from app.predictor.ports import EncoderTarget
from app.storage.moving.checksum import line
from app.storage.moving.move import Moved, declared_since, move
from app.storage.observation_store import SqlObservationStore
from app.storage.postgres import open_postgres_store
from app.storage.sqlite import open_sqlite_store
from tests.cluster.database import Database
from tests.exchange.studies import CELLS, IDS, NOON, STUDY, histories, trained

from ..released_databases import SCHEMAS, read, released

OTHER = replace(STUDY, name="other")


def suggestion(i: int) -> Suggestion:
    cell = CELLS[i]
    return Suggestion(f"s-{i}", IDS[cell], cell, Origin.PROMOTION, f"gpu-{i}", NOON, NOON + timedelta(hours=1))


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[SqlObservationStore]:
    """The study `cells`: five trainings, one of them retracted, one amended twice, and two suggestions."""
    with closing(open_sqlite_store(tmp_path / "data")) as store:
        store.declare_space("blocks", '{"blocks":3}')
        store.declare(STUDY)
        store.append("cells", [trained(i) for i in range(3)])
        store.correct("cells", [Correction("run-1", Action.RETRACT, "mara", "broken data")])
        store.append("cells", [trained(3), trained(4)])
        for seed in (7, 8):
            store.correct("cells", [Correction("run-3", Action.AMEND, "mara", None, {"seed": seed})])
        store.suggest("cells", [suggestion(2), suggestion(1)], [])
        store.set_encoder("cells", "3")
        store.set_target("cells", EncoderTarget("4", only_if_better=True))
        yield store


@pytest.fixture
def postgres(postgres_database: str) -> Iterator[SqlObservationStore]:
    """An empty one."""
    with closing(open_postgres_store(postgres_database)) as store:
        yield store


@pytest.fixture
def back(tmp_path: Path) -> Iterator[SqlObservationStore]:
    """An empty SQLite store."""
    with closing(open_sqlite_store(tmp_path / "back")) as store:
        yield store


def held(store: SqlObservationStore) -> dict[str, object]:
    """All of a store, with every digit."""
    lines = {record.study.name: list(map(line, store.histories(record.study.name))) for record in store.studies()}
    suggestions = {name: store.suggestions(name) for name in lines}
    return {"studies": store.studies(), "spaces": store.spaces(), "histories": lines, "suggestions": suggestions}


def only(moved: Iterator[Moved]) -> Moved:
    (study,) = moved
    return study


def execute(store: SqlObservationStore, statement: str) -> None:
    with store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement))


def test_there_and_back_again_is_the_same(
    lite: SqlObservationStore, postgres: SqlObservationStore, back: SqlObservationStore
) -> None:
    there, again = only(move(lite, postgres)), only(move(postgres, back))

    assert held(postgres) == held(lite) == held(back)
    assert there == again
    assert (there.record.revision, there.n_corrections, there.n_suggestions, there.came) == (5, 3, 2, 0)
    assert (there.record.n_observations, there.record.n_retracted) == (4, 1)


def test_observations_are_those_of_every_revision(lite: SqlObservationStore, postgres: SqlObservationStore) -> None:
    list(move(lite, postgres))

    for revision in range(6):
        assert list(postgres.histories("cells", revision)) == list(lite.histories("cells", revision))


def test_moving_again_changes_nothing(lite: SqlObservationStore, postgres: SqlObservationStore) -> None:
    first = only(move(lite, postgres))

    assert only(move(lite, postgres)) == first
    assert held(postgres) == held(lite)


def test_what_came_since_is_brought_along(lite: SqlObservationStore, postgres: SqlObservationStore) -> None:
    list(move(lite, postgres))
    lite.append("cells", [trained(5), trained(6)])
    lite.add_metric("cells", Metric("energy", unit="J"))
    lite.append("cells", [trained(7, metrics={"energy": 3.0})])
    lite.correct("cells", [Correction("run-1", Action.RESTORE), Correction("run-7", Action.RETRACT)])
    lite.suggest("cells", [], ["s-1"])
    lite.set_encoder("cells", None)
    lite.declare(OTHER)

    assert [each.record.study.name for each in move(lite, postgres)] == ["cells", "other"]

    assert held(postgres) == held(lite)


def test_an_empty_study_that_a_server_declared_at_the_target_is_taken(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    postgres.declare(STUDY)
    postgres.declare(OTHER)

    list(move(lite, postgres))

    assert postgres.study("cells") == lite.study("cells")
    assert postgres.study("other").n_observations == 0


def test_what_comes_meanwhile_is_counted_and_left_for_the_next_time(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    def append(what: str, _done: int, _total: int) -> None:
        if what == "copying cells":
            lite.append("cells", [trained(5), trained(6)])
            lite.correct("cells", [Correction("run-0", Action.RETRACT)])

    moved = only(move(lite, postgres, append))

    assert (moved.came, moved.went_on, moved.record.n_observations) == (2, True, 4)
    assert not postgres.observation("cells", "run-0").retracted
    assert not only(move(lite, postgres)).went_on
    assert held(postgres) == held(lite)


def test_studies_that_were_declared_meanwhile_are_told(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    moved = list(move(lite, postgres))
    lite.declare(OTHER)

    assert declared_since(lite, moved) == ["other"]


def test_a_study_that_is_deleted_meanwhile_ends_it(lite: SqlObservationStore, postgres: SqlObservationStore) -> None:
    def delete(what: str, _done: int, _total: int) -> None:
        if what == "copying cells":
            lite.delete("cells")

    with pytest.raises(StoreError, match="study 'cells' was deleted at the source meanwhile"):
        list(move(lite, postgres, delete))


@pytest.mark.parametrize(
    "spoiling",
    [
        "UPDATE measurements SET value = value + 1e-9",
        "DELETE FROM observations WHERE observation_id = 'run-4'",
        "UPDATE corrections SET reason = 'none'",
        "UPDATE observations SET observed_at = observed_at + interval '1 microsecond' WHERE observation_id = 'run-2'",
    ],
)
def test_what_differs_in_the_end_is_told(
    lite: SqlObservationStore, postgres: SqlObservationStore, spoiling: str
) -> None:
    def spoil(what: str, _done: int, _total: int) -> None:
        if what == "copying cells":
            execute(postgres, spoiling)

    with pytest.raises(StoreError, match="study 'cells' differs after it was moved, at observation 'run-"):
        list(move(lite, postgres, spoil))


@pytest.mark.parametrize("fresh", [True, False])
def test_what_the_source_has_not_is_refused_and_left(
    lite: SqlObservationStore, postgres: SqlObservationStore, *, fresh: bool
) -> None:
    if fresh:
        postgres.declare(STUDY)
    else:
        list(move(lite, postgres))
    postgres.append("cells", [trained(9)])
    before = held(postgres)
    lite.declare(replace(STUDY, name="another"))

    with pytest.raises(StudyConflictError, match=r"observation 'run-9' of study 'cells'.*DELETE /studies/cells"):
        list(move(lite, postgres))

    assert held(postgres) == before


def test_a_correction_that_the_source_has_not_is_refused(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    list(move(lite, postgres))
    postgres.correct("cells", [Correction("run-2", Action.RETRACT)])

    with pytest.raises(StudyConflictError, match="'run-2' of study 'cells', with its corrections, otherwise than the"):
        list(move(lite, postgres))


def test_a_study_that_the_source_has_not_is_refused(lite: SqlObservationStore, postgres: SqlObservationStore) -> None:
    postgres.declare(OTHER)
    postgres.append("other", [trained(0)])

    with pytest.raises(StudyConflictError, match="study 'other' with 1 observations, and the source has none of that"):
        list(move(lite, postgres))

    assert [record.study.name for record in postgres.studies()] == ["other"]


def test_a_study_that_is_declared_otherwise_is_refused(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    lite.declare(replace(STUDY, name="another"))
    postgres.declare(replace(STUDY, metrics=(*STUDY.metrics, Metric("energy"))))

    with pytest.raises(StudyConflictError, match=r"'cells' is declared at the target with metrics .*; energy"):
        list(move(lite, postgres))

    assert [record.study.name for record in postgres.studies()] == ["cells"]


def test_a_search_space_in_use_that_is_declared_otherwise_is_refused(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    for store, declaration in ((lite, '{"blocks":3}'), (postgres, '{"blocks":4}')):
        store.declare_space("blocks", declaration)
        store.declare(replace(OTHER, space="blocks"))
        store.append("other", [trained(0)])

    with pytest.raises(SpaceConflictError, match="space 'blocks' of study 'other' is declared otherwise at the target"):
        list(move(lite, postgres))

    assert len(postgres.studies()) == 1


def test_a_character_that_postgresql_does_not_keep_is_told_with_its_observation(
    lite: SqlObservationStore, postgres: SqlObservationStore
) -> None:
    lite.append("cells", [trained(5, metadata={"a": "\0"}), trained(6, worker="gpu\0")])

    with pytest.raises(StoreError, match=r"no NUL character.*'run-6' of study 'cells' has one in worker"):
        list(move(lite, postgres))


def test_half_of_a_surrogate_pair_that_an_older_program_stored_moves_as_well(
    lite: SqlObservationStore, postgres: SqlObservationStore, back: SqlObservationStore
) -> None:
    execute(lite, r"""UPDATE observations SET metadata = '{"a": "\ud800"}' WHERE observation_id = 'run-2'""")

    list(move(lite, postgres))
    list(move(postgres, back))

    assert back.observation("cells", "run-2").metadata == {"a": "\ud800"}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_all_that_released_programs_stored_moves(schema: str, tmp_path: Path, postgres: SqlObservationStore) -> None:
    with closing(open_sqlite_store(released(schema, tmp_path / schema))) as store:
        list(move(store, postgres))

        assert read(postgres) == read(store)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(stored=histories())
def test_whatever_is_stored_is_the_same_there_and_back_again(postgres_server: Database, stored: list[History]) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(open_sqlite_store(Path(folder) / "data")) as source,
        closing(open_sqlite_store(Path(folder) / "back")) as back,
        closing(open_postgres_store(postgres_server.new())) as postgres,
    ):
        source.declare(STUDY)
        source.restore("cells", stored, 0)

        assert only(move(source, postgres)).digest == only(move(postgres, back)).digest

        assert held(source) == held(postgres) == held(back)
