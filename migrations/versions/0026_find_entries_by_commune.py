"""Find the entries of the simplified search by commune."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_search_entry_position", table_name="search_entry")
    op.create_index("ix_search_entry_commune", "search_entry", ["commune_code"])


def downgrade() -> None:
    op.drop_index("ix_search_entry_commune", table_name="search_entry")
    op.create_index("ix_search_entry_position", "search_entry", ["latitude", "longitude"])
