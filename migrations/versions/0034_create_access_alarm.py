"""Create the alarms raised when somebody reads the details of too many people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLE = "access_alarm"
STANDING = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "reads",
            sa.Integer(),
            nullable=False,
            comment="people whose details were shown or asked for",
        ),
        sa.Column(
            "lifted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when she proved again who she is; the count starts again from there",
        ),
        sa.Column("handling", sa.String(length=10), nullable=True, comment="what the team decided"),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "handling IS NULL OR handling IN ('normal', 'signed_out', 'suspended')",
            name=op.f("ck_access_alarm_handling_known"),
        ),
        sa.CheckConstraint("reads > 0", name=op.f("ck_access_alarm_reads_positive")),
        sa.CheckConstraint(
            "lifted_at IS NULL OR lifted_at >= at", name=op.f("ck_access_alarm_lifted_after")
        ),
        sa.CheckConstraint(
            "(handling IS NULL) = (handled_at IS NULL)",
            name=op.f("ck_access_alarm_handled_dated"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_access_alarm_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["handled_by_id"],
            ["user_account.id"],
            name=op.f("fk_access_alarm_handled_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_alarm")),
    )
    op.create_index(op.f("ix_access_alarm_user_id"), TABLE, ["user_id"])
    op.create_index(op.f("ix_access_alarm_handled_by_id"), TABLE, ["handled_by_id"])
    op.create_index(
        "uq_access_alarm_standing",
        TABLE,
        ["user_id"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def downgrade() -> None:
    op.drop_table(TABLE)
