"""Create the counts of what is searched, without people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "search_query"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("day", sa.Date(), nullable=False, comment="in Paris"),
        sa.Column("words", sa.String(length=80), nullable=False, comment="normalised"),
        sa.Column(
            "place_code", sa.String(length=5), nullable=False, comment="of the commune, or empty"
        ),
        sa.Column("kinds", sa.String(length=80), nullable=False, comment="asked, between spaces"),
        sa.Column(
            "professions", sa.String(length=200), nullable=False, comment="read, between spaces"
        ),
        sa.Column("found", sa.String(length=5), nullable=False, comment="how many, roughly"),
        sa.Column("by_engine", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False, comment="searches"),
        sa.CheckConstraint(
            "found IN ('0', '1-5', '6-20', 'more')", name=op.f("ck_search_query_found_known")
        ),
        sa.CheckConstraint("seen > 0", name=op.f("ck_search_query_seen_positive")),
        sa.CheckConstraint("length(words) > 0", name=op.f("ck_search_query_words_present")),
        sa.PrimaryKeyConstraint(
            "day",
            "words",
            "place_code",
            "kinds",
            "professions",
            "found",
            "by_engine",
            name=op.f("pk_search_query"),
        ),
    )
    op.create_index(op.f("ix_search_query_words_place_code"), TABLE, ["words", "place_code"])


def downgrade() -> None:
    op.drop_table(TABLE)
