"""Create the simplified search and the state of the index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_state",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_search_state")),
    )
    op.create_table(
        "search_entry",
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column(
            "closes_at",
            sa.BigInteger(),
            nullable=False,
            comment="seconds since 1970, far away when it has no end",
        ),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("duration_months", sa.Double(), nullable=True),
        sa.Column(
            "professions",
            sa.Text(),
            nullable=False,
            comment="slugs read in the listing, between spaces",
        ),
        sa.Column(
            "tags", sa.Text(), nullable=False, comment="name:value of the facets, between spaces"
        ),
        sa.Column("title_words", sa.Text(), nullable=False, comment="between spaces"),
        sa.Column(
            "words",
            sa.Text(),
            nullable=False,
            comment="of title, profession, employer, place, labels, summary; between spaces",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_search_entry_listing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_search_entry")),
    )
    op.create_index(
        "ix_search_entry_position", "search_entry", ["latitude", "longitude"], unique=False
    )
    op.create_table(
        "search_quarantine",
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "error", sa.String(length=120), nullable=False, comment="code given by the engine"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_search_quarantine_listing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_search_quarantine")),
    )


def downgrade() -> None:
    op.drop_table("search_quarantine")
    op.drop_index("ix_search_entry_position", table_name="search_entry")
    op.drop_table("search_entry")
    op.drop_table("search_state")
