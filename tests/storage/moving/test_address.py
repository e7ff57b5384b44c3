"""Which store an address names."""

from pathlib import Path

import pytest

from app.domain.errors import StoreError
from app.storage.moving.address import PostgresAddress, SqliteAddress, refuse_same, store_address

LAB = "postgresql://me:secret@db.lab/emprox"


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        ("sqlite:///data", "data"),
        ("sqlite:////srv/data/", "/srv/data"),
        ("sqlite:////srv/data/emprox.sqlite3", "/srv/data"),
        ("sqlite:///emprox.sqlite3", "."),
    ],
)
def test_sqlite_is_named_by_its_directory_or_by_the_file_in_it(text: str, directory: str) -> None:
    assert store_address(text) == SqliteAddress(Path(directory))


@pytest.mark.parametrize("text", [LAB, "postgresql+psycopg://me@db.lab:5433/emprox", "postgresql:///emprox?host=/run"])
def test_postgresql_is_named_by_its_url(text: str) -> None:
    assert isinstance(store_address(text), PostgresAddress)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data", "a store is sqlite:///DIRECTORY or postgresql://.*; an address without :// is none"),
        ("", "without :// is none"),
        ("mysql://me:secret@lab/emprox", "begins with mysql:// is none"),
        ("postgres://me:secret@lab/emprox", "begins with postgres:// is none"),
        ("sqlite:///", "is followed by the data directory"),
        ("sqlite://data", "is followed by the data directory"),
        ("postgresql://me:secret@lab", "names no database"),
        ("postgresql://me:secret@lab:port/emprox", "cannot be read"),
    ],
)
def test_what_names_no_store_is_told_so_without_a_password(text: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason) as refused:
        store_address(text)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LAB, "postgresql://you:other@db.lab:5432/emprox"),
        ("sqlite:///data", "sqlite:///./data/emprox.sqlite3"),
        ("sqlite:///data", f"sqlite:///{Path.cwd()}/data"),
    ],
)
def test_a_store_is_not_moved_into_itself(one: str, other: str) -> None:
    with pytest.raises(StoreError, match="the same store"):
        refuse_same(store_address(one), store_address(other))


def test_two_databases_of_one_server_are_two_stores() -> None:
    refuse_same(store_address(LAB), store_address(LAB + "2"))
