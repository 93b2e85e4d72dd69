"""Find the last changes of the listings at once."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NAME = "ix_outbox_event_topic_id"


def upgrade() -> None:
    op.create_index(NAME, "outbox_event", ["topic", "id"], unique=False)


def downgrade() -> None:
    op.drop_index(NAME, table_name="outbox_event")
