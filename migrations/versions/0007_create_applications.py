"""Create applications, their log and the traces of who saw them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lookup_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="keyed hash of what is being tried"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_attempt")),
    )
    op.create_index("ix_lookup_attempt_key_at", "lookup_attempt", ["key", "at"], unique=False)
    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False, comment="PS-XXXX-XXXX"),
        sa.Column(
            "secret_hash",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash of the code to follow it",
        ),
        sa.Column(
            "link_salt",
            sa.String(length=64),
            nullable=False,
            comment="random; its keyed hash, stored nowhere, opens the link sent by e-mail",
        ),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column(
            "body_hash",
            sa.String(length=64),
            nullable=False,
            comment="what was sent under that key",
        ),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column(
            "candidate_key",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash of the phone, else of the e-mail: one live application a listing",
        ),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True, comment="E.164"),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("call_back", sa.String(length=12), nullable=False),
        sa.Column("commune_label", sa.String(length=120), nullable=False),
        sa.Column("diploma_held", sa.String(length=12), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("cv_key", sa.String(length=80), nullable=True, comment="name in the file store"),
        sa.Column(
            "cv_name", sa.String(length=120), nullable=True, comment="generated, safe to download"
        ),
        sa.Column("cv_sha256", sa.String(length=64), nullable=True),
        sa.Column("counsellor_consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "answer_due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="promise made to the person",
        ),
        sa.Column("first_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.String(length=30), nullable=True),
        sa.Column("decline_message", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "call_back IN ('morning', 'noon', 'afternoon', 'any')",
            name=op.f("ck_application_call_back_known"),
        ),
        sa.CheckConstraint(
            "diploma_held IS NULL OR diploma_held IN ('yes', 'in_progress', 'no')",
            name=op.f("ck_application_diploma_held_known"),
        ),
        sa.CheckConstraint(
            "status IN ('received', 'seen', 'contacted', 'meeting', 'trial', 'hired', 'declined', 'withdrawn', 'pool', 'closed_elsewhere', 'expired_no_answer', 'admitted', 'waitlisted', 'refused', 'enrolled', 'registered', 'attended', 'absent', 'cancelled')",
            name=op.f("ck_application_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('declined', 'refused') OR decline_reason IS NOT NULL",
            name=op.f("ck_application_declined_has_reason"),
        ),
        sa.CheckConstraint(
            "(cv_key IS NULL) = (cv_sha256 IS NULL)", name=op.f("ck_application_cv_complete")
        ),
        sa.CheckConstraint(
            "phone IS NOT NULL OR email IS NOT NULL", name=op.f("ck_application_reachable")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_application_listing_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["listing_session.id"], name=op.f("fk_application_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_application_idempotency_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_application_reference")),
    )
    op.create_index(op.f("ix_application_listing_id"), "application", ["listing_id"], unique=False)
    op.create_index(op.f("ix_application_session_id"), "application", ["session_id"], unique=False)
    op.create_index(
        "ix_application_status_created_at", "application", ["status", "created_at"], unique=False
    )
    op.create_index(
        "uq_application_live_candidate",
        "application",
        ["listing_id", "candidate_key"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('withdrawn', 'cancelled')"),
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'cancelled')"),
    )
    op.create_table(
        "application_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.CheckConstraint(
            "actor_kind IN ('candidate', 'member', 'team', 'system')",
            name=op.f("ck_application_event_actor_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["user_account.id"],
            name=op.f("fk_application_event_actor_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_application_event_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_event")),
    )
    op.create_index(
        op.f("ix_application_event_application_id"),
        "application_event",
        ["application_id"],
        unique=False,
    )
    op.create_table(
        "contact_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False, comment="contact or cv"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what IN ('contact', 'cv')", name=op.f("ck_contact_view_what_known")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_contact_view_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_contact_view_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_view")),
    )
    op.create_index(
        op.f("ix_contact_view_application_id"), "contact_view", ["application_id"], unique=False
    )
    op.create_index(op.f("ix_contact_view_user_id"), "contact_view", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_contact_view_user_id"), table_name="contact_view")
    op.drop_index(op.f("ix_contact_view_application_id"), table_name="contact_view")
    op.drop_table("contact_view")
    op.drop_index(op.f("ix_application_event_application_id"), table_name="application_event")
    op.drop_table("application_event")
    op.drop_index(
        "uq_application_live_candidate",
        table_name="application",
        sqlite_where=sa.text("status NOT IN ('withdrawn', 'cancelled')"),
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'cancelled')"),
    )
    op.drop_index("ix_application_status_created_at", table_name="application")
    op.drop_index(op.f("ix_application_session_id"), table_name="application")
    op.drop_index(op.f("ix_application_listing_id"), table_name="application")
    op.drop_table("application")
    op.drop_index("ix_lookup_attempt_key_at", table_name="lookup_attempt")
    op.drop_table("lookup_attempt")
