"""Declared search spaces in a relational database."""

from datetime import UTC, datetime

from sqlalchemy import Connection, exists, insert, select, update

from app.predictor.space_loader import space_in_use
from app.predictor.store import SpaceRecord
from app.storage.tables import observations, spaces, studies


def declare_space(connection: Connection, name: str, declaration: str) -> bool:
    """See `ObservationStore.declare_space`; in a transaction that writes."""
    # Whoever stores observations of the space has a share of its row, and this waits for it.
    wanted = select(spaces.c.declaration).where(spaces.c.name == name).with_for_update()
    stored = connection.scalars(wanted).one_or_none()
    if stored is None:
        values = {"name": name, "declaration": declaration, "created_at": datetime.now(UTC)}
        connection.execute(insert(spaces).values(values))
        return True
    if stored == declaration:
        return False
    in_use = select(studies.c.name).where(
        studies.c.space == name, exists().where(observations.c.study_id == studies.c.id)
    )
    if using := connection.scalars(in_use.order_by(studies.c.name).limit(1)).one_or_none():
        raise space_in_use(name, using)
    connection.execute(update(spaces).where(spaces.c.name == name).values(declaration=declaration))
    return True


def declaration(connection: Connection, name: str) -> str | None:
    """How a space is declared, which stays so until the end of a transaction that writes; None where it is not."""
    wanted = select(spaces.c.declaration).where(spaces.c.name == name).with_for_update(read=True)
    return connection.scalars(wanted).one_or_none()


def space_records(connection: Connection) -> list[SpaceRecord]:
    """See `ObservationStore.spaces`."""
    rows = connection.execute(select(spaces).order_by(spaces.c.name))
    return [SpaceRecord(row.name, row.declaration, row.created_at) for row in rows]
