"""Whether a database holds together: its pages, its keys, its revisions. Reads any schema, and changes nothing."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_OWN_TABLES = {"alembic_version", "studies", "metrics", "observations", "measurements"}  # of every schema so far
_ODD_ROWS = {
    "measurements of no observation": (
        "SELECT observation_id FROM measurements WHERE observation_id NOT IN (SELECT id FROM observations)"
    ),
    "measurements of a metric of another study": (
        "SELECT o.observation_id FROM measurements m JOIN observations o ON o.id = m.observation_id "
        "JOIN metrics k ON k.id = m.metric_id WHERE k.study_id != o.study_id"
    ),
    "completed trainings without a measurement": (
        "SELECT observation_id FROM observations o WHERE status = 'completed' "
        "AND NOT EXISTS (SELECT 1 FROM measurements m WHERE m.observation_id = o.id)"
    ),
    "studies without a metric": "SELECT name FROM studies WHERE id NOT IN (SELECT study_id FROM metrics)",
}
_REVISIONS = "SELECT study_id, revision FROM observations"
_CORRECTED = "SELECT study_id, revision FROM corrections"
_EARLY_CORRECTIONS = (
    "SELECT o.observation_id, c.revision FROM corrections c JOIN observations o ON o.id = c.observation_id "
    "WHERE c.revision <= o.revision OR c.study_id != o.study_id"
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds, counted.

    Args:
        schema: its migration, None where it was not made by this program.
        rows: number of rows of each table.
        revisions: of each study.
    """

    schema: str | None
    rows: Mapping[str, int]
    revisions: Mapping[str, int]

    @property
    def told(self) -> str:
        """In words."""
        n_studies, n_observations = self.rows.get("studies", 0), self.rows.get("observations", 0)
        return f"{n_studies} {'study' if n_studies == 1 else 'studies'}, {n_observations} observations"


def schema_of(connection: sqlite3.Connection) -> str | None:
    """The migration of a database; None where it was not made by this program."""
    if not set(_tables(connection)) >= _OWN_TABLES:
        return None
    (schema,) = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
    return None if schema is None else str(schema)


def contents(connection: sqlite3.Connection) -> Contents:
    """What the database holds; of one moment where the connection is in a transaction."""
    schema = schema_of(connection)
    names = _tables(connection)
    rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608  # nosec B608
    revisions = dict(connection.execute("SELECT name, revision FROM studies").fetchall()) if schema else {}
    return Contents(schema, rows, revisions)


def damages(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with pages, indexes and keys, in words."""
    found = [text for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]
    orphans = Counter((table, parent) for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"))
    return found + [
        f"{n} rows of {table} belong to rows of {parent} that are not there" for (table, parent), n in orphans.items()
    ]


def odd_rows(connection: sqlite3.Connection) -> list[str]:
    """Rows that no request could have left behind, in words."""
    found = []
    for what, statement in _ODD_ROWS.items():
        if rows := connection.execute(statement).fetchall():
            found.append(f"{len(rows)} {what}, first {rows[0][0]!r}")
    return found


def odd_revisions(connection: sqlite3.Connection) -> list[str]:
    """Studies whose revisions do not add up, in words.

    Every batch of observations or corrections has a revision of its own, not before that of what it corrects. So has a
    metric that was added, which leaves no other trace: as many may be missing as a study has metrics beyond its first.
    In a study with observations from before it was declared, which were taken over from another one, any may be.
    """
    with_corrections = "corrections" in _tables(connection)
    union = f"{_REVISIONS} UNION {_CORRECTED}" if with_corrections else _REVISIONS
    early = connection.execute(_EARLY_CORRECTIONS).fetchall() if with_corrections else []
    found = [
        f"observation {key!r} was corrected at revision {early_at}, before it was stored" for key, early_at in early
    ]
    rows = connection.execute(
        "SELECT s.name, s.revision, count(DISTINCT r.revision), coalesce(min(r.revision), 1), "  # noqa: S608  # nosec B608
        "coalesce(max(r.revision), 0), (SELECT count(*) FROM metrics m WHERE m.study_id = s.id), "
        "(SELECT min(observed_at) FROM observations o WHERE o.study_id = s.id) < s.created_at "
        f"FROM studies s LEFT JOIN ({union}) r ON r.study_id = s.id GROUP BY s.id ORDER BY s.name"
    )
    for name, revision, n, first, last, n_metrics, taken_over in rows:
        if first < 1 or last > revision:
            found.append(f"study {name!r} is at revision {revision} and has rows of {first if first < 1 else last}")
        elif revision - n > max(0, n_metrics - 1) and not taken_over:
            found.append(f"study {name!r} is at revision {revision} and has rows of only {n} revisions")
    return found


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
