"""Keep how many people apply lately beside what the database searches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "search_entry",
        sa.Column(
            "demand",
            sa.Integer(),
            nullable=True,
            comment="applications of the last 30 days a post; empty when unknown",
        ),
    )


def downgrade() -> None:
    op.drop_column("search_entry", "demand")
