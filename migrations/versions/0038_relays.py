"""Counsellors take care of those nobody called back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

OUTCOMES = "'spoken', 'guided', 'unreachable', 'declined'"


def _views_of(kinds: str, comment: str) -> None:
    """Change what a trace of reading may name. Nothing refers to that table."""
    with op.batch_alter_table("contact_view") as batch:
        batch.drop_constraint(op.f("ck_contact_view_what_known"), type_="check")
        batch.alter_column("what", existing_type=sa.String(10), comment=comment)
        batch.create_check_constraint(op.f("ck_contact_view_what_known"), f"what IN ({kinds})")


def upgrade() -> None:
    op.create_table(
        "relay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("counsellor_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_relay_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["counsellor_id"],
            ["user_account.id"],
            name=op.f("fk_relay_counsellor_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
        sa.UniqueConstraint("application_id", name=op.f("uq_relay_application_id")),
        sa.CheckConstraint(
            f"outcome IS NULL OR outcome IN ({OUTCOMES})", name=op.f("ck_relay_outcome_known")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (outcome_at IS NULL)", name=op.f("ck_relay_outcome_dated")
        ),
    )
    op.create_index(op.f("ix_relay_counsellor_id"), "relay", ["counsellor_id"])
    _views_of("'contact', 'cv', 'relay'", "contact, cv, or relay by a counsellor")


def downgrade() -> None:
    op.execute("DELETE FROM contact_view WHERE what = 'relay'")
    _views_of("'contact', 'cv'", "contact or cv")
    op.drop_table("relay")
