"""Pages on which another paper may begin; examples of corrected types."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty for what was read before: nobody looked."""
    op.add_column("exhibits", sa.Column("split_candidates", sa.JSON(), nullable=True))
    op.create_table(
        "learned_examples",
        sa.Column("exhibit_id", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("proposed", sa.String(length=60), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("learned_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("exhibit_id"),
    )


def downgrade() -> None:
    """The events keep what was found; what was learned is forgotten."""
    op.drop_table("learned_examples")
    op.drop_column("exhibits", "split_candidates")
