"""Fitted scales in a relational database."""

from sqlalchemy import Connection, delete, insert, select

from app.predictor.snapshot import Fit
from app.storage.study_rows import study_row
from app.storage.tables import fits


def find(connection: Connection, fit: Fit) -> str | None:
    """The scales of a fit, as they were kept."""
    study_id = study_row(connection, fit.study).id
    wanted = (fits.c.study_id, fits.c.metric, fits.c.n, fits.c.encoder, fits.c.corrected)
    values = (study_id, *fit[1:])
    found: str | None = connection.scalar(
        select(fits.c.scales).where(*(column == value for column, value in zip(wanted, values, strict=True)))
    )
    return found


def keep(connection: Connection, fit: Fit, scales: str) -> None:
    """Keep the scales of a fit, unless they are there; in a transaction that writes. Fits of before a correction go."""
    if find(connection, fit) is not None:
        return
    study_id = study_row(connection, fit.study).id
    connection.execute(delete(fits).where(fits.c.study_id == study_id, fits.c.corrected < fit.corrected))
    values = {"metric": fit.metric, "n": fit.n, "encoder": fit.encoder, "corrected": fit.corrected}
    connection.execute(insert(fits).values(study_id=study_id, scales=scales, **values))
