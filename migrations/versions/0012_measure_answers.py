"""Measure how organisations answer, and remind them of who waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Written as SQL: both databases add a column and its constraint at once, where Alembic would copy
# the table on SQLite, and so delete what depends on its rows.
COLUMNS = (
    (
        "application",
        "reminders INTEGER DEFAULT 0 NOT NULL",
        "reminders_known",
        "reminders BETWEEN 0 AND 3",
    ),
    (
        "organisation",
        "answer_cases INTEGER DEFAULT 0 NOT NULL",
        "answer_cases_not_negative",
        "answer_cases >= 0",
    ),
    (
        "organisation",
        "answer_count INTEGER DEFAULT 0 NOT NULL",
        "answer_count_possible",
        "answer_count BETWEEN 0 AND answer_cases",
    ),
    (
        "organisation",
        "answer_minutes INTEGER",
        "answer_minutes_measured",
        "(answer_minutes IS NULL) = (answer_count = 0)",
    ),
)


def upgrade() -> None:
    for table, column, name, rule in COLUMNS:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} CONSTRAINT ck_{table}_{name} CHECK ({rule})"
        )
    op.add_column(
        "organisation",
        sa.Column(
            "reminded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last time its members were reminded of who waits",
        ),
    )
    op.add_column(
        "search_entry",
        sa.Column(
            "answer_rank", sa.Integer(), nullable=True, comment="least first; empty when unknown"
        ),
    )
    op.create_table(
        "past_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column(
            "minutes",
            sa.Integer(),
            nullable=True,
            comment="before the answer; empty without one",
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_past_answer_minutes_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_past_answer_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_answer")),
    )
    op.create_index(
        op.f("ix_past_answer_organisation_id"), "past_answer", ["organisation_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_past_answer_organisation_id"), table_name="past_answer")
    op.drop_table("past_answer")
    op.drop_column("search_entry", "answer_rank")
    op.drop_column("organisation", "reminded_at")
    for table, column, _name, _rule in reversed(COLUMNS):
        op.drop_column(table, column.partition(" ")[0])
