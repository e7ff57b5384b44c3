"""The tables, as the newest migration leaves them. A change here needs a migration; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time with microseconds, in UTC on the way out also where the database drops the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The same point in time, in UTC.

        Raises:
            ValueError: the time has no zone.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError(f"time {value} has no zone: give it in UTC")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The stored point in time, in UTC."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# One row: the oldest schema whose programs go on with this one.
compatibility = Table("compatibility", metadata, Column("oldest", String, primary_key=True))

spaces = Table(
    "spaces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    # The normal form, in which equal declarations are equal texts.
    Column("declaration", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("name"),
)

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("space", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("proxies", JSON, nullable=False, server_default="[]"),
    # Version of the encoder that serves; null for the newest.
    Column("encoder", String),
    # What the study is being switched to (`EncoderTarget`); null where nothing is under way.
    Column("encoder_target", JSON),
    # What a full training is, by name; empty where all trainings count alike.
    Column("fidelity", JSON, nullable=False, server_default="{}"),
    # How often observations were put among others, at revisions of before; who follows reads them all again.
    Column("restored", Integer, nullable=False, server_default="0"),
    UniqueConstraint("name"),
    # Without it, SQLite gives the number of a deleted row to the next one.
    sqlite_autoincrement=True,
)

metrics = Table(
    "metrics",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("unit", String, nullable=False),
    # What a failed training counts as; null where it does not count.
    Column("failure_value", Double),
    UniqueConstraint("study_id", "name"),
)

observations = Table(
    "observations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("observation_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("architecture_id", String, nullable=False),
    Column("notation", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("fidelity", JSON, nullable=False),
    # Decimal digits: torch draws unsigned 64-bit seeds, which no integer column holds.
    Column("seed", String),
    Column("worker", String),
    Column("metadata", JSON, nullable=False),
    Column("observed_at", UtcDateTime, nullable=False),
    Column("proxies", JSON, nullable=False, server_default="{}"),
    Column("retracted", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("study_id", "observation_id"),
    Index(None, "study_id", "architecture_id"),
    # Serves the observations of a study in the order in which they were stored, without sorting them.
    Index(None, "study_id", "revision"),
    # Few are: it counts them without reading the others.
    Index("ix_observations_retracted", "study_id", sqlite_where=text("retracted"), postgresql_where=text("retracted")),
    sqlite_autoincrement=True,
)

measurements = Table(
    "measurements",
    metadata,
    Column("observation_id", ForeignKey("observations.id", ondelete="CASCADE"), primary_key=True),
    Column("metric_id", ForeignKey("metrics.id", ondelete="CASCADE"), primary_key=True),
    Column("value", Double, nullable=False),
    # What was expected a moment before (`Expectation`); null where nothing had been observed yet.
    Column("expected_score", Double),
    Column("expected_std", Double),
    Column("expected_lower", Double),
    Column("expected_upper", Double),
    Column("expected_nearest", Double),
    Column("expected_deviation", Double),
    Column("expected_known", Integer),
    sqlite_with_rowid=False,
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("suggestion_id", String, nullable=False),
    Column("architecture_id", String, nullable=False),
    Column("notation", JSON, nullable=False),
    Column("origin", String, nullable=False),
    Column("worker", String),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    UniqueConstraint("study_id", "suggestion_id"),
)

# The audit log: never updated. A study deleted takes its own along.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("observation_id", ForeignKey("observations.id", ondelete="CASCADE"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("action", String, nullable=False),
    Column("actor", String),
    Column("reason", String),
    # The observation as it was: what `rows.content` says of it.
    Column("before", JSON, nullable=False),
    Column("corrected_at", UtcDateTime, nullable=False),
    Index(None, "study_id", "revision"),
    Index(None, "observation_id"),
    sqlite_autoincrement=True,
)

# Scales that one server fitted, for the others.
fits = Table(
    "fits",
    metadata,
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    Column("metric", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    # What makes the fit another one: the encoder, and the last correction.
    Column("encoder", String, primary_key=True),
    Column("corrected", Integer, primary_key=True, autoincrement=False),
    Column("scales", String, nullable=False),
)
