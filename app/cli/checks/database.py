"""Whether the database holds together."""

from pathlib import Path

from app.cli.checks.finding import Finding, found
from app.domain.errors import StoreError
from app.storage.database_file import reading
from app.storage.schema import HEAD
from app.storage.soundness import contents, damages, odd_revisions, odd_rows

_RESTORE = "restore a backup with 'emprox restore'"


def check_database(database: Path) -> list[Finding]:
    """Pages, keys, rows and revisions, as of one moment; the first alone where that is wrong already."""
    try:
        with reading(database) as connection:
            connection.execute("BEGIN")
            damage = damages(connection)
            held = contents(connection)
            fine = f"integrity and foreign keys hold; {held.told}, schema {held.schema}"
            findings = [found("database", damage, fine, _RESTORE)]
            if held.schema is None:
                return [Finding("database", False, f"{database} was not made by emprox: name another --data-dir")]
            if damage:
                return findings
            return [
                *findings,
                _schema(held.schema),
                found("rows", odd_rows(connection), f"{held.rows['measurements']} measurements", _RESTORE),
                found("revisions", odd_revisions(connection), "of every study add up", _RESTORE),
            ]
    except StoreError as err:
        return [Finding("database", False, str(err))]


def _schema(schema: str) -> Finding:
    if schema == HEAD:
        return Finding("schema", True, f"{schema}, as this program has it")
    way_out = "run that program" if schema > HEAD else "start the server once, which backs it up and migrates it"
    age = "a newer" if schema > HEAD else "an older"
    return Finding("schema", False, f"{schema} is of {age} program than this one with {HEAD}: {way_out}")
