"""What servers that share a database need: fits, and the oldest schema whose programs go on with this one.

A migration that only adds (tables, columns with a default, indexes) leaves the latter as it is. One that takes away
what older programs need comes a release later, and sets it to the first schema that did without.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Programs of before do not look here, and refuse what is newer than they are."""
    compatibility = op.create_table(
        "compatibility", sa.Column("oldest", sa.String(), nullable=False), sa.PrimaryKeyConstraint("oldest")
    )
    op.bulk_insert(compatibility, [{"oldest": "0008"}])
    op.add_column("studies", sa.Column("restored", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "fits",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.String(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.Column("scales", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "metric", "n", "encoder", "corrected"),
    )
