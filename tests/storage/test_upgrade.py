"""Databases of every program so far are read by this one, whole, and are kept as they were."""

import asyncio
import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from app.bootstrap import open_predictor
from app.domain.errors import StoreError
from app.domain.prediction import Prediction
from app.predictor.requests import PredictionQuery
from app.settings import Settings
from app.storage import upgrade
from app.storage.restore import restore
from app.storage.schema import HEAD, MIGRATIONS
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store

from .released_databases import SCHEMAS, held_by, read, released

OLDER = [schema for schema in SCHEMAS if schema != HEAD]


def schema_in(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(schema)


def test_every_migration_has_a_database_of_its_time() -> None:
    migrations = {each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}

    assert set(SCHEMAS) == migrations, "make one as tests/storage/released/make.py says, and commit both files"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_everything_in_a_database_of_its_time_is_read(schema: str, tmp_path: Path) -> None:
    assert schema_in(released(schema, tmp_path) / DATABASE_FILE) == schema

    with closing(open_sqlite_store(tmp_path)) as store:
        found = read(store)

    assert schema_in(tmp_path / DATABASE_FILE) == HEAD
    expected = held_by(schema)
    assert found["spaces"] == expected["spaces"]
    for study, wanted in zip(found["studies"], expected["studies"], strict=True):
        # Lists are compared one by one: the first difference is then small enough to read.
        for name in wanted:
            if isinstance(wanted[name], list):
                for one, other in zip(study[name], wanted[name], strict=True):
                    assert one == other, f"{wanted['name']}, {name}"
            assert study[name] == wanted[name], f"{wanted['name']}, {name}"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_studies_of_a_database_of_its_time_answer(schema: str, tmp_path: Path) -> None:
    predictor = open_predictor(Settings(data_dir=released(schema, tmp_path)))
    try:
        predictor.load()
        for study in held_by(schema)["studies"]:
            first = next(each for each in study["observations"] if each["status"] == "completed")
            proxies = [first["proxies"]] if study["proxies"] else None
            query = PredictionQuery(study["name"], [first["notation"]], proxies=proxies)

            answer = asyncio.run(predictor.predict(query))

            (prediction,) = answer.predictions
            assert isinstance(prediction, Prediction)
            assert answer.revision == study["revision"]
            assert prediction.architecture_id == first["architecture_id"]
            assert prediction.novelty == 0
    finally:
        predictor.close()


@pytest.mark.parametrize("schema", OLDER)
def test_an_older_database_is_backed_up_before_it_is_upgraded(
    schema: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = released(schema, tmp_path / "data")

    open_sqlite_store(data).close()

    (backup,) = (data / "backups").iterdir()
    assert backup.name.startswith(f"emprox-schema-{schema}-2")
    assert schema_in(backup) == schema
    assert caplog.messages == [
        f"database has an older schema, upgrading path={data / DATABASE_FILE} from={schema} to={HEAD} backup={backup}"
    ]
    restore(data, backup)
    assert schema_in(data / DATABASE_FILE) == schema
    open_sqlite_store(data).close()


def test_a_new_or_upgraded_database_needs_no_backup(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_sqlite_store(tmp_path / "new").close()
    released(HEAD, tmp_path / "upgraded")
    open_sqlite_store(tmp_path / "upgraded").close()

    assert list(tmp_path.glob("*/backups")) == []
    assert caplog.messages == []


def test_without_a_backup_the_database_is_upgraded_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    released("0001", tmp_path)

    open_sqlite_store(tmp_path, upgrade_backup=False).close()

    assert schema_in(tmp_path / DATABASE_FILE) == HEAD
    assert not (tmp_path / "backups").exists()
    assert caplog.messages == [f"database has an older schema, upgrading without a backup from=0001 to={HEAD}"]


def test_an_upgrade_without_room_for_the_backup_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released("0003", tmp_path)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6, 50_000))

    with pytest.raises(
        StoreError,
        match=r"emprox\.sqlite3 is of an older emprox, and the backup before its upgrade takes 0\.1 MB where 0\.1 MB "
        r"are free: make room, or upgrade without that backup: EMPROX_SKIP_UPGRADE_BACKUP=true",
    ):
        open_sqlite_store(tmp_path)

    assert schema_in(tmp_path / DATABASE_FILE) == "0003"
    open_sqlite_store(tmp_path, upgrade_backup=False).close()


def test_two_upgrades_within_a_second_have_a_backup_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "stamp", lambda _: "20260301T000000Z")
    for _ in range(2):
        open_sqlite_store(released("0001", tmp_path)).close()

    names = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert names == ["emprox-schema-0001-20260301T000000Z-2.sqlite3", "emprox-schema-0001-20260301T000000Z.sqlite3"]


def test_an_upgrade_whose_backup_fails_changes_nothing(tmp_path: Path) -> None:
    released("0003", tmp_path)
    (tmp_path / upgrade.FOLDER).write_text("in the way")

    with pytest.raises(StoreError, match="the backup before the upgrade failed, nothing was changed"):
        open_sqlite_store(tmp_path)

    assert schema_in(tmp_path / DATABASE_FILE) == "0003"


@pytest.mark.parametrize("schema", OLDER)
def test_an_upgrade_that_fails_half_way_leaves_the_older_database(
    schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(schema, tmp_path)
    upgraded = command.upgrade

    def upgrade_and_fail(*args: Any) -> None:
        upgraded(*args)
        raise StoreError("the machine goes down")

    monkeypatch.setattr(command, "upgrade", upgrade_and_fail)

    with pytest.raises(StoreError, match="goes down"):
        open_sqlite_store(tmp_path)

    assert schema_in(tmp_path / DATABASE_FILE) == schema


def test_a_database_of_a_newer_program_is_refused_and_not_backed_up(tmp_path: Path) -> None:
    with closing(sqlite3.connect(released(HEAD, tmp_path) / DATABASE_FILE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE compatibility SET oldest = '9998'")

    with pytest.raises(StoreError) as refused:
        open_sqlite_store(tmp_path)

    assert str(refused.value) == (
        f"database {tmp_path / DATABASE_FILE} has schema 9999, and this program knows up to {HEAD}: "
        "run the newer emprox that made it, or restore an older backup"
    )
    assert not (tmp_path / "backups").exists()


def test_a_database_of_a_newer_program_that_only_added_to_it_is_served(tmp_path: Path) -> None:
    with closing(sqlite3.connect(released(HEAD, tmp_path) / DATABASE_FILE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("ALTER TABLE studies ADD COLUMN further VARCHAR NOT NULL DEFAULT 'as before'")

    with closing(open_sqlite_store(tmp_path)) as store:
        assert read(store) == held_by(HEAD)

    assert schema_in(tmp_path / DATABASE_FILE) == "9999"
