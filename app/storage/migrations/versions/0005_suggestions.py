"""Suggestions that workers were given and have not answered yet."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing was suggested so far."""
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("suggestion_id", sa.String(), nullable=False),
        sa.Column("architecture_id", sa.String(), nullable=False),
        sa.Column("notation", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suggestions"),
        sa.UniqueConstraint("study_id", "suggestion_id", name="uq_suggestions_study_id_suggestion_id"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_suggestions_study_id", ondelete="CASCADE"),
    )
