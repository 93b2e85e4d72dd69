"""Create reports of listings, and remember who was asked or told what about their end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "listing",
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last time its members were asked whether it is still true",
        ),
    )
    op.add_column(
        "listing",
        sa.Column(
            "reminded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last time they were asked again, a week before the end",
        ),
    )
    op.add_column(
        "application",
        sa.Column(
            "closing_told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the person was told that the listing had closed before any answer",
        ),
    )
    op.create_table(
        "report_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column(
            "answer", sa.Text(), nullable=False, comment="why, as told to those who reported"
        ),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "decision IS NULL OR decision IN ('keep', 'review', 'remove')",
            name=op.f("ck_report_case_decision_known"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decision IS NULL)",
            name=op.f("ck_report_case_decision_dated"),
        ),
        sa.CheckConstraint(
            "decision IS NULL OR length(answer) > 0",
            name=op.f("ck_report_case_decision_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["user_account.id"],
            name=op.f("fk_report_case_decided_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_report_case_listing_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_case")),
    )
    op.create_index(op.f("ix_report_case_listing_id"), "report_case", ["listing_id"], unique=False)
    op.create_index(
        "uq_report_case_open",
        "report_case",
        ["listing_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False, comment="emptied after some time"),
        sa.Column(
            "email",
            sa.String(length=254),
            nullable=True,
            comment="to be told the decision; emptied after some time",
        ),
        sa.CheckConstraint(
            "reason IN ('illegal', 'untrue', 'money', 'other')",
            name=op.f("ck_report_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["report_case.id"],
            name=op.f("fk_report_case_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    op.create_index(op.f("ix_report_case_id"), "report", ["case_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_report_case_id"), table_name="report")
    op.drop_table("report")
    op.drop_index(
        "uq_report_case_open",
        table_name="report_case",
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_report_case_listing_id"), table_name="report_case")
    op.drop_table("report_case")
    op.drop_column("application", "closing_told_at")
    op.drop_column("listing", "reminded_at")
    op.drop_column("listing", "asked_at")
