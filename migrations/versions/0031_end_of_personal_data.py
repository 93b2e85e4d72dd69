"""Archive ended applications without names; let traces outlive accounts; warn before erasing one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLE = "ended_application"
VIEWER = "fk_contact_view_user_id"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False, comment="the last one"),
        sa.Column("decline_reason", sa.String(length=30), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "status IN ('received', 'seen', 'contacted', 'meeting', 'trial', 'hired', "
            "'declined', 'withdrawn', 'pool', 'closed_elsewhere', 'expired_no_answer', "
            "'admitted', 'waitlisted', 'offered', 'refused', 'enrolled', 'registered', "
            "'attended', 'absent', 'cancelled')",
            name=op.f("ck_ended_application_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_ended_application_organisation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_ended_application_listing_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_application")),
        sa.UniqueConstraint("reference", name=op.f("uq_ended_application_reference")),
    )
    for column in ("ended_on", "listing_id", "organisation_id"):
        op.create_index(op.f(f"ix_ended_application_{column}"), TABLE, [column])
    op.add_column(
        "user_account",
        sa.Column(
            "end_told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when she was told that an account that nobody opens is erased",
        ),
    )
    _let_viewers_go("SET NULL", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM contact_view WHERE user_id IS NULL")
    _let_viewers_go("CASCADE", nullable=False)
    op.drop_column("user_account", "end_told_at")
    op.drop_table(TABLE)


def _let_viewers_go(ondelete: str, *, nullable: bool) -> None:
    # No table refers to this one: SQLite may write it again.
    with op.batch_alter_table("contact_view") as batch:
        batch.drop_constraint(op.f(VIEWER), type_="foreignkey")
        batch.alter_column("user_id", existing_type=sa.Integer(), nullable=nullable)
        batch.create_foreign_key(
            op.f(VIEWER), "user_account", ["user_id"], ["id"], ondelete=ondelete
        )
