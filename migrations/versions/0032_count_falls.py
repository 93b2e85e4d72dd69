"""Count the workers that died while they held an event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox_event",
        sa.Column(
            "falls",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="workers that died while they held it",
        ),
    )


def downgrade() -> None:
    op.drop_column("outbox_event", "falls")
