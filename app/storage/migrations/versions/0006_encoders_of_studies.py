"""Studies that stay with an encoder of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Studies so far follow the newest encoder."""
    op.add_column("studies", sa.Column("encoder", sa.String(), nullable=True))
    op.add_column("studies", sa.Column("encoder_target", sa.JSON(), nullable=True))
