"""Studies, their metrics, and observations with what was measured."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_studies"),
        sa.UniqueConstraint("name", name="uq_studies_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "metrics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_metrics"),
        sa.UniqueConstraint("study_id", "name", name="uq_metrics_study_id_name"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_metrics_study_id", ondelete="CASCADE"),
    )
    op.create_table(
        "observations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("observation_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("architecture_id", sa.String(), nullable=False),
        sa.Column("notation", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("fidelity", sa.JSON(), nullable=False),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_observations"),
        sa.UniqueConstraint("study_id", "observation_id", name="uq_observations_study_id_observation_id"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_observations_study_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_observations_study_id_architecture_id", "observations", ["study_id", "architecture_id"])
    op.create_index("ix_observations_study_id_revision", "observations", ["study_id", "revision"])
    op.create_table(
        "measurements",
        sa.Column("observation_id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("observation_id", "metric_id", name="pk_measurements"),
        sa.ForeignKeyConstraint(
            ["observation_id"], ["observations.id"], name="fk_measurements_observation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["metric_id"], ["metrics.id"], name="fk_measurements_metric_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
