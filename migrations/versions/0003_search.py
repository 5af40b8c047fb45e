"""Full-text search: text of pages, and an index of its parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Without the text itself: it is in search_pages, and here are only numbers.
_SQLITE = (
    "CREATE VIRTUAL TABLE search_tokens USING fts5("
    "tokens, content='', detail=none, columnsize=0, tokenize='ascii')"
)
_POSTGRESQL = (
    "CREATE TABLE search_tokens ("
    "page_id bigint PRIMARY KEY REFERENCES search_pages (id) ON DELETE CASCADE, "
    "tokens integer[] NOT NULL)"
)


def upgrade() -> None:
    """Empty: it is filled from what the stores hold."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "search_pages",
        sa.Column("id", number, nullable=False),
        sa.Column("exhibit_id", sa.String(length=20), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("search_pages_of_exhibit", "search_pages", ["exhibit_id", "page"])
    # Newest first, and no further than is shown.
    op.create_index("exhibits_by_leaf", "exhibits", ["leaf"])
    op.create_table(
        "search_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf", number, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE)
    else:
        op.execute(_POSTGRESQL)
        op.execute("CREATE INDEX search_by_token ON search_tokens USING gin (tokens)")


def downgrade() -> None:
    """Nothing is lost that cannot be made anew."""
    op.drop_index("exhibits_by_leaf", table_name="exhibits")
    for table in ("search_tokens", "search_state", "search_pages"):
        op.drop_table(table)
