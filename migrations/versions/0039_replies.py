"""A person answers what the organisation wrote to her."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing refers to that table.
    with op.batch_alter_table("application_message") as batch:
        batch.add_column(sa.Column("coming", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("reply", sa.Text(), nullable=True))
        batch.add_column(sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_check_constraint(
            op.f("ck_application_message_reply_dated"),
            "(coming IS NULL AND reply IS NULL) = (replied_at IS NULL)",
        )
        batch.create_check_constraint(
            op.f("ck_application_message_coming_to_meeting"),
            "coming IS NULL OR letter = 'meeting'",
        )
        batch.create_check_constraint(
            op.f("ck_application_message_reply_sized"),
            "reply IS NULL OR length(reply) BETWEEN 1 AND 500",
        )


def downgrade() -> None:
    with op.batch_alter_table("application_message") as batch:
        for name in ("reply_sized", "coming_to_meeting", "reply_dated"):
            batch.drop_constraint(op.f(f"ck_application_message_{name}"), type_="check")
        for name in ("replied_at", "reply", "coming"):
            batch.drop_column(name)
