"""Outside proof: time stamps, two persons' signatures, erasure, fixity runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables and columns of the second schema."""
    _create_stamps()
    _extend_log()
    _create_acts()
    _create_care()


def downgrade() -> None:
    """Back to the first schema."""
    for table in ("certificates", "fixity_runs", "tombstones"):
        op.drop_table(table)
    op.drop_table("stamp_requests")
    op.drop_table("time_authorities")
    op.drop_table("stamps")
    _shorten_log()
    op.drop_table("passkeys")
    op.drop_table("act_signatures")
    op.drop_index("acts_by_state", table_name="pending_acts")
    op.drop_table("pending_acts")


def _create_acts() -> None:
    op.create_table(
        "pending_acts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("matter_id", sa.String(length=20), nullable=True),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column(
            "leaf", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("acts_by_state", "pending_acts", ["state", "expires_at"])
    op.create_table(
        "act_signatures",
        sa.Column("act_id", sa.String(length=20), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("keyid", sa.String(length=64), nullable=False),
        sa.Column("sig", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["pending_acts.id"]),
        sa.PrimaryKeyConstraint("act_id", "login"),
    )
    op.create_table(
        "passkeys",
        sa.Column("keyid", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("keyid"),
    )


def _extend_log() -> None:
    # An erased statement leaves its leaf text and nothing else.
    with op.batch_alter_table("log_statements") as batch_op:
        batch_op.alter_column("envelope", existing_type=sa.LargeBinary(), nullable=True)
        batch_op.add_column(sa.Column("leaf_text", sa.LargeBinary(), nullable=True))
    op.create_table(
        "log_key_changes",
        sa.Column(
            "leaf",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("leaf"),
    )


def _shorten_log() -> None:
    op.drop_table("log_key_changes")
    # Fails where a statement was erased: an older version could not read that log.
    with op.batch_alter_table("log_statements") as batch_op:
        batch_op.drop_column("leaf_text")
        batch_op.alter_column(
            "envelope", existing_type=sa.LargeBinary(), nullable=False
        )


def _create_stamps() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    digests = ("stamped", "query", "response", "chain")
    op.create_table(
        "stamps",
        sa.Column("leaf", number, autoincrement=False, nullable=False),
        sa.Column("size", number, nullable=True),
        sa.Column("exhibit_id", sa.String(length=20), nullable=True),
        sa.Column("service", sa.String(length=500), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("root_sha256", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=False),
        sa.Column("time", sa.String(length=20), nullable=False),
        sa.Column("good_until", sa.String(length=20), nullable=False),
        sa.Column("logged_at", sa.String(length=20), nullable=False),
        *(
            sa.Column(f"{name}_sha256", sa.String(length=64), nullable=False)
            for name in digests
        ),
        sa.ForeignKeyConstraint(["exhibit_id"], ["exhibits.id"]),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_index("stamps_of_exhibit", "stamps", ["exhibit_id", "leaf"])
    op.create_index("stamps_by_size", "stamps", ["size", "leaf"])
    op.create_table(
        "time_authorities",
        sa.Column("service", sa.String(length=500), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.String(length=20), nullable=False),
        sa.Column("answered_at", sa.String(length=20), nullable=True),
        sa.Column("next_at", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("service"),
    )
    op.create_table(
        "stamp_requests",
        sa.Column("exhibit_id", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=500), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("exhibit_id", "service"),
    )


def _create_care() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "tombstones",
        sa.Column("exhibit_id", sa.String(length=20), nullable=False),
        sa.Column("matter_id", sa.String(length=20), nullable=False),
        sa.Column("leaf", number, nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("time", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("blobs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["exhibit_id"], ["exhibits.id"]),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.id"]),
        sa.PrimaryKeyConstraint("exhibit_id"),
    )
    op.create_table(
        "fixity_runs",
        sa.Column("leaf", number, autoincrement=False, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("previous", number, nullable=True),
        sa.Column("time", sa.String(length=20), nullable=False),
        sa.Column("buckets", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_index("fixity_by_day", "fixity_runs", ["day"])
    op.create_table(
        "certificates",
        sa.Column("leaf", number, autoincrement=False, nullable=False),
        sa.Column("matter_id", sa.String(length=20), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("bytes", number, nullable=False),
        sa.Column("time", sa.String(length=20), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.id"]),
        sa.PrimaryKeyConstraint("leaf"),
    )
    op.create_index("certificates_of_matter", "certificates", ["matter_id", "month"])
