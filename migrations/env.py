"""Alembic environment: runs on a connection handed over by `receipts.opening`."""

from __future__ import annotations

from alembic import context

import receipts.tables  # noqa: F401  (registers every table on Base)
from integrity.store.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
