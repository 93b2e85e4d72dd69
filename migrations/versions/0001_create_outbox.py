"""Create what must happen after a commit, and the signs of life of the worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column(
            "payload",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="identifiers only, never personal data",
        ),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "leased_by", sa.String(length=200), nullable=True, comment="host:pid of the worker"
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'leased', 'done', 'dead')",
            name=op.f("ck_outbox_event_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
    )
    op.create_index(
        "ix_outbox_event_due", "outbox_event", ["state", "available_at", "id"], unique=False
    )
    op.create_table(
        "reference_version",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "version", sa.String(length=64), nullable=False, comment="digest of the files loaded"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reference_version")),
    )
    op.create_table(
        "outbox_delivery",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["outbox_event.id"],
            name=op.f("fk_outbox_delivery_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", "handler", name=op.f("pk_outbox_delivery")),
    )


def downgrade() -> None:
    op.drop_table("outbox_delivery")
    op.drop_table("reference_version")
    op.drop_index("ix_outbox_event_due", table_name="outbox_event")
    op.drop_table("outbox_event")
    op.drop_table("heartbeat")
