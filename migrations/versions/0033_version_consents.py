"""Keep which words each person agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# table, column, and when it was agreed: all those so far saw the same words.
COLUMNS = (
    ("application", "counsellor_wording", "counsellor_consent_at"),
    ("alert", "wording", "confirmed_at"),
    ("listing_watch", "wording", "confirmed_at"),
)


def upgrade() -> None:
    for table, column, agreed_at in COLUMNS:
        op.add_column(
            table,
            sa.Column(
                column, sa.String(10), comment="version of the sentence the person agreed to"
            ),
        )
        rows = sa.table(table, sa.column(column), sa.column(agreed_at))
        op.execute(
            sa.update(rows).where(rows.c[agreed_at].is_not(None)).values({column: "2026-11"})
        )


def downgrade() -> None:
    for table, column, _agreed_at in COLUMNS:
        op.drop_column(table, column)
