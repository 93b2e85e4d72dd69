"""Create what the team decides of words that people type."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLE = "search_word"
IN_FORCE = sa.text("undone_at IS NULL")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "word",
            sa.String(length=80),
            nullable=False,
            comment="normalised, one word or several",
        ),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column(
            "target",
            sa.String(length=80),
            nullable=False,
            comment="slug of a profession, words meant, or empty",
        ),
        sa.Column(
            "seen",
            sa.Integer(),
            nullable=False,
            comment="searches that held it when it was decided",
        ),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('synonym', 'misspelling', 'suggestion', 'ignored')",
            name=op.f("ck_search_word_kind_known"),
        ),
        sa.CheckConstraint("length(word) > 0", name=op.f("ck_search_word_word_present")),
        sa.CheckConstraint(
            "(kind = 'ignored') = (length(target) = 0)",
            name=op.f("ck_search_word_target_present"),
        ),
        sa.CheckConstraint("seen > 0", name=op.f("ck_search_word_seen_positive")),
        sa.CheckConstraint(
            "undone_by_id IS NULL OR undone_at IS NOT NULL",
            name=op.f("ck_search_word_undone_dated"),
        ),
        sa.CheckConstraint(
            "undone_at IS NULL OR undone_at >= created_at",
            name=op.f("ck_search_word_undone_after"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["user_account.id"],
            name=op.f("fk_search_word_author_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"],
            ["user_account.id"],
            name=op.f("fk_search_word_undone_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_word")),
    )
    op.create_index(op.f("ix_search_word_author_id"), TABLE, ["author_id"])
    op.create_index(op.f("ix_search_word_undone_by_id"), TABLE, ["undone_by_id"])
    op.create_index(
        "uq_search_word_in_force",
        TABLE,
        ["word"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def downgrade() -> None:
    op.drop_table(TABLE)
