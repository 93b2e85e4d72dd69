"""Create alerts on a search, their digests, and notices of one listing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="canonical parameters of the search"),
        sa.Column(
            "query_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the query"
        ),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("frequency", sa.String(length=6), nullable=False),
        sa.Column(
            "salt",
            sa.String(length=43),
            nullable=False,
            comment="gives the token, with the secret key",
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="last time somebody asked for it",
        ),
        sa.Column(
            "asks", sa.Integer(), nullable=False, comment="messages sent since it was confirmed"
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "kept_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last time its person did something on its page",
        ),
        sa.Column(
            "warned_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="told that it is about to stop",
        ),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.String(length=10), nullable=True),
        sa.Column(
            "seen_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="what came before was matched already",
        ),
        sa.Column("ran_on", sa.Date(), nullable=True, comment="last Paris day it was matched"),
        sa.CheckConstraint(
            "frequency IN ('daily', 'weekly')", name=op.f("ck_alert_frequency_known")
        ),
        sa.CheckConstraint(
            "stop_reason IS NULL OR stop_reason IN ('unvisited', 'bounced')",
            name=op.f("ck_alert_stop_reason_known"),
        ),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stop_reason IS NULL)", name=op.f("ck_alert_stop_has_reason")
        ),
        sa.CheckConstraint("asks >= 0", name=op.f("ck_alert_asks_positive")),
        sa.CheckConstraint(
            "confirmed_at IS NOT NULL OR (paused_at IS NULL AND stopped_at IS NULL)",
            name=op.f("ck_alert_live_once_confirmed"),
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR (kept_at IS NOT NULL AND seen_until IS NOT NULL AND ran_on IS NOT NULL)",
            name=op.f("ck_alert_confirmed_complete"),
        ),
        sa.CheckConstraint("length(email) > 2", name=op.f("ck_alert_email_present")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("email", "query_hash", name=op.f("uq_alert_email_query_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_alert_token_hash")),
    )
    op.create_table(
        "alert_digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="in Paris"),
        sa.Column("total", sa.Integer(), nullable=False, comment="how many were new, shown or not"),
        sa.CheckConstraint("total > 0", name=op.f("ck_alert_digest_total_positive")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_digest_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_digest")),
        sa.UniqueConstraint("alert_id", "day", name=op.f("uq_alert_digest_alert_id_day")),
    )
    op.create_table(
        "alert_listing",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="place in the message"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_listing_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["alert_digest.id"],
            name=op.f("fk_alert_listing_digest_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_alert_listing_listing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alert_id", "listing_id", name=op.f("pk_alert_listing")),
    )
    op.create_index(op.f("ix_alert_listing_digest_id"), "alert_listing", ["digest_id"])
    op.create_index(op.f("ix_alert_listing_listing_id"), "alert_listing", ["listing_id"])
    op.create_table(
        "listing_watch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "salt",
            sa.String(length=43),
            nullable=False,
            comment="gives the token, with the secret key",
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="last time somebody asked for it",
        ),
        sa.Column("asks", sa.Integer(), nullable=False, comment="messages sent to confirm it"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "reopened_told_at", sa.DateTime(timezone=True), nullable=True, comment="it is then over"
        ),
        sa.CheckConstraint("asks >= 0", name=op.f("ck_listing_watch_asks_positive")),
        sa.CheckConstraint(
            "closed_told_at IS NOT NULL OR reopened_told_at IS NULL",
            name=op.f("ck_listing_watch_reopened_after_closed"),
        ),
        sa.CheckConstraint(
            "confirmed_at IS NOT NULL OR closed_told_at IS NULL",
            name=op.f("ck_listing_watch_told_once_confirmed"),
        ),
        sa.CheckConstraint("length(email) > 2", name=op.f("ck_listing_watch_email_present")),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_listing_watch_listing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_watch")),
        sa.UniqueConstraint("email", "listing_id", name=op.f("uq_listing_watch_email_listing_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_listing_watch_token_hash")),
    )
    op.create_index(op.f("ix_listing_watch_listing_id"), "listing_watch", ["listing_id"])


def downgrade() -> None:
    op.drop_table("listing_watch")
    op.drop_table("alert_listing")
    op.drop_table("alert_digest")
    op.drop_table("alert")
