"""Numbers that come with architectures and hint at their metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Studies so far declare none."""
    op.add_column("studies", sa.Column("proxies", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("observations", sa.Column("proxies", sa.JSON(), nullable=False, server_default="{}"))
