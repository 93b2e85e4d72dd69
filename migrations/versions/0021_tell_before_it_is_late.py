"""Remember of which reports the team was told, and which ends the members were warned of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report", sa.Column("team_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "application",
        sa.Column(
            "end_warned_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the members were warned that the conversation was about to end",
        ),
    )


def downgrade() -> None:
    op.drop_column("application", "end_warned_at")
    op.drop_column("report", "team_told_at")
