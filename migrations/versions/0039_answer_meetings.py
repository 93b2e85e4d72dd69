"""A person answers the meeting that is proposed to her."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(10), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["application_message.id"],
            name=op.f("fk_meeting_reply_message_id_application_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_reply")),
        sa.CheckConstraint(
            "answer IN ('coming', 'cannot')", name=op.f("ck_meeting_reply_answer_known")
        ),
    )
    op.create_index(op.f("ix_meeting_reply_message_id"), "meeting_reply", ["message_id"])


def downgrade() -> None:
    op.drop_table("meeting_reply")
