"""Studies that declare what a full training is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """In studies so far all trainings count alike."""
    op.add_column("studies", sa.Column("fidelity", sa.JSON(), nullable=False, server_default="{}"))
