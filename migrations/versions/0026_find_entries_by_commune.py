"""Find the entries of the simplified search by commune, and the last change of a listing."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_search_entry_position", table_name="search_entry")
    op.create_index("ix_search_entry_commune", "search_entry", ["commune_code"])
    op.create_index("ix_outbox_event_topic", "outbox_event", ["topic", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_event_topic", table_name="outbox_event")
    op.drop_index("ix_search_entry_commune", table_name="search_entry")
    op.create_index("ix_search_entry_position", "search_entry", ["latitude", "longitude"])
