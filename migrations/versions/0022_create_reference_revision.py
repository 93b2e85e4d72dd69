"""Create the corrections of the reference base by the team."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = "reference_revision"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("changes", JSON, nullable=False, comment="field of the file -> value"),
        sa.Column(
            "file_values", JSON, nullable=False, comment="what the file said of these fields then"
        ),
        sa.Column("verified", sa.Boolean(), nullable=False, comment="read in the source"),
        sa.Column("source_title", sa.String(length=300), nullable=False),
        sa.Column("source_url", sa.String(length=500), nullable=True),
        sa.Column("source_reliability", sa.String(length=1), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "effective_on", sa.Date(), nullable=False, comment="Paris day from which it holds"
        ),
        sa.Column("review_on", sa.Date(), nullable=True, comment="day to read it again"),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('profession', 'diploma', 'move', 'equivalence', 'funding')",
            name=op.f("ck_reference_revision_kind_known"),
        ),
        sa.CheckConstraint(
            "source_reliability IS NULL OR source_reliability IN ('A', 'B', 'C')",
            name=op.f("ck_reference_revision_source_reliability_known"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_reference_revision_number_positive")),
        sa.CheckConstraint(
            "length(source_title) > 0", name=op.f("ck_reference_revision_source_present")
        ),
        sa.CheckConstraint(
            "review_on IS NULL OR review_on > effective_on",
            name=op.f("ck_reference_revision_review_after"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["user_account.id"],
            name=op.f("fk_reference_revision_author_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_revision")),
        sa.UniqueConstraint(
            "kind", "key", "number", name=op.f("uq_reference_revision_kind_key_number")
        ),
    )
    op.create_index(op.f("ix_reference_revision_author_id"), TABLE, ["author_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
