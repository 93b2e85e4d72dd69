"""Let open listings be counted by profession and by organisation without reading them."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_listing_status_profession_id_closes_at": ["status", "profession_id", "closes_at"],
    "ix_listing_status_organisation_id_closes_at": ["status", "organisation_id", "closes_at"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "listing", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "listing")
