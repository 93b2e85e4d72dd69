"""Count what is sent by forms that anybody may send, and the proofs that have served."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "send_count",
        sa.Column(
            "key",
            sa.String(64),
            nullable=False,
            comment="keyed hash of a place, a contact or a listing",
        ),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.CheckConstraint("sent > 0", name="ck_send_count_sent_positive"),
        sa.PrimaryKeyConstraint("key", "hour", name="pk_send_count"),
    )
    op.create_table(
        "spent_proof",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_spent_proof"),
    )


def downgrade() -> None:
    op.drop_table("spent_proof")
    op.drop_table("send_count")
