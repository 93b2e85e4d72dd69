"""Add sign-ups, invitations, requests to join, decisions and what organisations say of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INVITATION_LIVES = sa.text("accepted_at IS NULL AND revoked_at IS NULL")
REQUEST_WAITS = sa.text("answered_at IS NULL")


def upgrade() -> None:
    for name, comment in (
        ("conditions", "working conditions, lines"),
        ("team_words", "the team speaks, lines"),
    ):
        op.add_column(
            "organisation",
            sa.Column(name, sa.Text(), nullable=False, server_default="", comment=comment),
        )
    op.add_column(
        "organisation",
        sa.Column(
            "refused_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="verification refused, until it is sent again",
        ),
    )
    op.add_column(
        "establishment",
        sa.Column(
            "publics",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            server_default=sa.text("'[]'"),
            comment="slugs of public terms",
        ),
    )
    op.create_table(
        "organisation_sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False, comment="lower case"),
        sa.Column("person_name", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column(
            "workplace", sa.String(length=60), nullable=True, comment="slug of a workplace term"
        ),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("promise_hours", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "token_hash",
            sa.String(length=64),
            nullable=True,
            comment="empty until the message leaves",
        ),
        sa.CheckConstraint(
            "kind IN ('employer', 'school')", name=op.f("ck_organisation_sign_up_kind_known")
        ),
        sa.CheckConstraint(
            "promise_hours IN (24, 48, 72, 168)",
            name=op.f("ck_organisation_sign_up_promise_hours_known"),
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"],
            ["commune.code"],
            name=op.f("fk_organisation_sign_up_commune_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_sign_up")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_organisation_sign_up_token_hash")),
    )
    op.create_index(
        "ix_organisation_sign_up_email_created_at", "organisation_sign_up", ["email", "created_at"]
    )
    op.create_table(
        "organisation_join_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (accepted IS NULL)",
            name=op.f("ck_organisation_join_request_answered_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_join_request_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_organisation_join_request_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_join_request")),
    )
    op.create_index(
        op.f("ix_organisation_join_request_user_id"), "organisation_join_request", ["user_id"]
    )
    op.create_index(
        "uq_organisation_join_request_waiting",
        "organisation_join_request",
        ["organisation_id", "user_id"],
        unique=True,
        sqlite_where=REQUEST_WAITS,
        postgresql_where=REQUEST_WAITS,
    )
    op.create_table(
        "organisation_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False, comment="lower case"),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "token_hash",
            sa.String(length=64),
            nullable=True,
            comment="empty until the message leaves",
        ),
        sa.CheckConstraint(
            "role IN ('owner', 'member')", name=op.f("ck_organisation_invitation_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_invitation_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"],
            ["user_account.id"],
            name=op.f("fk_organisation_invitation_invited_by_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_organisation_invitation_token_hash")),
    )
    op.create_index(
        op.f("ix_organisation_invitation_invited_by_id"),
        "organisation_invitation",
        ["invited_by_id"],
    )
    op.create_index(
        "uq_organisation_invitation_living",
        "organisation_invitation",
        ["organisation_id", "email"],
        unique=True,
        sqlite_where=INVITATION_LIVES,
        postgresql_where=INVITATION_LIVES,
    )
    op.create_table(
        "organisation_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "action IN ('opened', 'verified', 'refused', 'sent_again', 'call_asked', "
            "'suspended', 'reopened')",
            name=op.f("ck_organisation_event_action_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_event_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["user_account.id"],
            name=op.f("fk_organisation_event_actor_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_event")),
    )
    op.create_index(
        op.f("ix_organisation_event_organisation_id"), "organisation_event", ["organisation_id"]
    )


def downgrade() -> None:
    for table in (
        "organisation_event",
        "organisation_invitation",
        "organisation_join_request",
        "organisation_sign_up",
    ):
        op.drop_table(table)
    op.drop_column("establishment", "publics")
    for name in ("refused_at", "team_words", "conditions"):
        op.drop_column("organisation", name)
