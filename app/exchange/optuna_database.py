"""Whether a SQLite file is a storage of Optuna, which makes its tables in any database that it is given."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.exchange.errors import ExchangeError

_OWN_TABLES = {"studies", "trials", "version_info"}  # of every release since 0.10


def refuse_other_database(storage: str) -> None:
    """Refuse a SQLite file that is not there, or is not Optuna's: it would be made, or written to.

    Raises:
        ExchangeError: it is such a file.
    """
    try:
        url = make_url(storage)
    except ArgumentError:
        return  # Optuna says what it takes
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or not name or name.startswith((":", "file:")):
        return
    path = Path(name)
    if not path.is_file():
        raise ExchangeError(f"there is no Optuna storage {path}: name its file as in sqlite:///trials.db")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as err:
        raise ExchangeError(f"the Optuna storage {path} cannot be read: {err}") from err
    if not tables >= _OWN_TABLES:
        raise ExchangeError(f"{path} is no storage of Optuna: name its file as in sqlite:///trials.db")
