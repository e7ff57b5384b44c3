"""Corrections with their audit log, what was expected of each measurement, and metrics that say what a failure is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing was corrected so far, and nobody noted what had been expected."""
    op.add_column("metrics", sa.Column("failure_value", sa.Double(), nullable=True))
    op.add_column("observations", sa.Column("retracted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_observations_retracted",
        "observations",
        ["study_id"],
        sqlite_where=sa.text("retracted"),
        postgresql_where=sa.text("retracted"),
    )
    for column in ("score", "std", "lower", "upper", "nearest", "deviation"):
        op.add_column("measurements", sa.Column(f"expected_{column}", sa.Double(), nullable=True))
    op.add_column("measurements", sa.Column("expected_known", sa.Integer(), nullable=True))
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("observation_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_corrections_study_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["observation_id"], ["observations.id"], name="fk_corrections_observation_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_study_id_revision", "corrections", ["study_id", "revision"])
    op.create_index("ix_corrections_observation_id", "corrections", ["observation_id"])
