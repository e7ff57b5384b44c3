"""Alembic runs this for each command: migrate within the transaction of the connection that the caller gives."""

from alembic import context

from app.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
