"""Statements whose SQL is kept say what SQLAlchemy says, value by value."""

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, create_engine, insert, select

from app.domain.observation import Observation, Status
from app.storage import rows
from app.storage.compiled import CompiledStatement
from app.storage.schema import migrate
from app.storage.sqlite import sqlite_engine
from app.storage.tables import observations, studies

from .observation_store_contract import NOON

FOURTEEN = datetime(2024, 5, 17, 14, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
TRAININGS = (
    Observation("a", "a" * 32, "|conv~0|", {}, NOON),
    Observation("b", "b" * 32, {"ops": ["é", "\U0001f600"], "matrix": [[0, 1]]}, {}, FOURTEEN, Status.FAILED),
    Observation("c", "c" * 32, "", {}, NOON, seed=2**64 - 1, worker="gpu-7", fidelity={"epochs": 12.5}),
    Observation("d", "d" * 32, "x", {}, NOON, proxies={"flops": 1e100}, metadata={"note": None}, retracted=True),
)


def stored(connection: Connection, study: int) -> list[tuple[object, ...]]:
    found = connection.exec_driver_sql("SELECT * FROM observations WHERE study_id = ? ORDER BY id", (study,))
    return [tuple(row[name] for name in rows.NEW_OBSERVATION_COLUMNS[1:]) for row in found.mappings()]


def test_rows_are_stored_to_the_last_letter_as_sqlalchemy_stores_them(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "db.sqlite3")
    migrate(engine, "db", lambda *_: None)
    statement = CompiledStatement(insert(observations), rows.NEW_OBSERVATION_COLUMNS)

    with engine.begin() as connection:
        for number in (1, 2):
            values = {"id": number, "name": f"{number}", "space": "cells", "revision": 0, "created_at": NOON}
            connection.execute(insert(studies).values(values))
        statement.run_each(connection, [rows.new_observation_row(each, 1, 7) for each in TRAININGS])
        theirs = [rows.new_observation_row(each, 2, 7) for each in TRAININGS]
        named = [dict(zip(rows.NEW_OBSERVATION_COLUMNS, row, strict=True)) for row in theirs]
        connection.execute(insert(observations), named)

        assert stored(connection, 1) == stored(connection, 2)
        assert len(stored(connection, 1)) == len(TRAININGS)
    engine.dispose()


def test_values_are_given_in_the_order_of_the_names() -> None:
    difference = CompiledStatement(select(bindparam("last") - bindparam("first")), ("first", "last"))

    with closing(create_engine("sqlite://").connect()) as connection:
        assert difference.run(connection, 3, 10).scalar() == 7


def test_no_rows_are_no_statement() -> None:
    statement = CompiledStatement(insert(observations), rows.NEW_OBSERVATION_COLUMNS)

    with closing(create_engine("sqlite://").connect()) as connection:  # without the table
        statement.run_each(connection, [])


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    statement = CompiledStatement(insert(observations), rows.NEW_OBSERVATION_COLUMNS)
    naive = Observation("a", "a" * 32, "x", {}, datetime(2024, 5, 17))

    with (
        closing(sqlite_engine(tmp_path / "db.sqlite3").connect()) as connection,
        pytest.raises(ValueError, match="zone"),
    ):
        statement.run_each(connection, [rows.new_observation_row(naive, 1, 1)])


def test_a_database_that_names_its_parameters_gets_them_by_name() -> None:
    difference = CompiledStatement(select(bindparam("last") - bindparam("first")), ("first", "last"))
    engine = create_engine("sqlite://", paramstyle="named")

    with closing(engine.connect()) as connection:
        assert difference.run(connection, 3, 10).scalar() == 7
