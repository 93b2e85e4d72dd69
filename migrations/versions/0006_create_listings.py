"""Create listings of the six kinds, their sessions and their log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="rises with every change that is seen"
        ),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "refreshed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="last time it was said to be true",
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("unfilled_reason", sa.String(length=20), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=True),
        sa.Column("source_url", sa.String(length=500), nullable=True, comment="where one answers"),
        sa.Column(
            "source_hash", sa.String(length=64), nullable=True, comment="SHA-256 of the raw record"
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("establishment_id", sa.Integer(), nullable=True),
        sa.Column(
            "employer_name",
            sa.String(length=160),
            nullable=False,
            comment="as shown; empty when the source hides it",
        ),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column(
            "profession_id",
            sa.Integer(),
            nullable=True,
            comment="for a path, the profession it leads to",
        ),
        sa.Column(
            "from_profession_id", sa.Integer(), nullable=True, comment="path: where one starts from"
        ),
        sa.Column(
            "diploma_id",
            sa.Integer(),
            nullable=True,
            comment="required (job) or prepared (training, path, internship)",
        ),
        sa.Column("diploma_need", sa.String(length=10), nullable=False),
        sa.Column(
            "workplace", sa.String(length=60), nullable=True, comment="slug of a workplace term"
        ),
        sa.Column(
            "publics",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="slugs of public terms",
        ),
        sa.Column(
            "schedules",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="slugs of schedule terms",
        ),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=False, comment="Markdown as written"),
        sa.Column("description_html", sa.Text(), nullable=False, comment="sanitised"),
        sa.Column(
            "conditions",
            sa.Text(),
            nullable=False,
            comment="what is hard, what is offered, how one enters; plain text",
        ),
        sa.Column(
            "contract", sa.String(length=40), nullable=True, comment="slug of a contract term"
        ),
        sa.Column("contract_months", sa.Double(), nullable=True),
        sa.Column("hours_min", sa.Double(), nullable=True, comment="hours a week"),
        sa.Column("hours_max", sa.Double(), nullable=True, comment="hours a week"),
        sa.Column("hours_label", sa.String(length=200), nullable=False),
        sa.Column("pay_min_cents", sa.Integer(), nullable=True),
        sa.Column("pay_max_cents", sa.Integer(), nullable=True),
        sa.Column("pay_period", sa.String(length=8), nullable=True),
        sa.Column(
            "pay_label", sa.String(length=300), nullable=False, comment="as the source wrote it"
        ),
        sa.Column("collective_agreement", sa.String(length=120), nullable=False),
        sa.Column("licence_required", sa.Boolean(), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("duration_months", sa.Double(), nullable=True),
        sa.Column("duration_hours", sa.Integer(), nullable=True),
        sa.Column("duration_label", sa.String(length=120), nullable=False),
        sa.Column("modality", sa.String(length=12), nullable=True),
        sa.Column(
            "cost_cents",
            sa.Integer(),
            nullable=True,
            comment="0 when it is free; empty when unknown",
        ),
        sa.Column(
            "funding",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="slugs of funding terms",
        ),
        sa.Column("entry_conditions", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=True),
        sa.Column("place_label", sa.String(length=160), nullable=False, comment="as shown"),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=True, comment="last day to answer, Paris"),
        sa.Column(
            "closes_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="UTC, see workflow.closing_instant",
        ),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL AND outcome IS NOT NULL)",
            name=op.f("ck_listing_closed_has_outcome"),
        ),
        sa.CheckConstraint(
            "diploma_need IN ('none', 'required', 'unknown')",
            name=op.f("ck_listing_diploma_need_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('job', 'training', 'internship', 'immersion', 'path', 'event')",
            name=op.f("ck_listing_kind_known"),
        ),
        sa.CheckConstraint(
            "modality IS NULL OR modality IN ('on_site', 'remote', 'mixed')",
            name=op.f("ck_listing_modality_known"),
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('filled', 'unfilled', 'withdrawn', 'expired')",
            name=op.f("ck_listing_outcome_known"),
        ),
        sa.CheckConstraint(
            "pay_period IS NULL OR pay_period IN ('hour', 'month', 'year')",
            name=op.f("ck_listing_pay_period_known"),
        ),
        sa.CheckConstraint(
            "source <> 'site' OR kind <> 'job' OR status IN ('draft', 'closed') OR (pay_min_cents IS NOT NULL AND hours_min IS NOT NULL AND contract IS NOT NULL AND commune_code IS NOT NULL)",
            name=op.f("ck_listing_own_job_complete"),
        ),
        sa.CheckConstraint(
            "source <> 'site' OR organisation_id IS NOT NULL",
            name=op.f("ck_listing_own_has_organisation"),
        ),
        sa.CheckConstraint(
            "source = 'site' OR (source_id IS NOT NULL AND source_hash IS NOT NULL)",
            name=op.f("ck_listing_imported_has_identity"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'in_review', 'published', 'paused', 'closed')",
            name=op.f("ck_listing_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('published', 'paused') OR published_at IS NOT NULL",
            name=op.f("ck_listing_published_is_dated"),
        ),
        sa.CheckConstraint(
            "unfilled_reason IS NULL OR unfilled_reason IN ('no_candidate', 'hours', 'pay', 'diploma', 'transport', 'candidates_left', 'other')",
            name=op.f("ck_listing_unfilled_reason_known"),
        ),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_listing_point_complete")
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_listing_title_present")),
        sa.CheckConstraint(
            "pay_max_cents IS NULL OR (pay_min_cents IS NOT NULL AND pay_max_cents >= pay_min_cents)",
            name=op.f("ck_listing_pay_ordered"),
        ),
        sa.CheckConstraint(
            "pay_min_cents IS NULL OR (pay_min_cents > 0 AND pay_period IS NOT NULL)",
            name=op.f("ck_listing_pay_has_period"),
        ),
        sa.CheckConstraint("positions >= 1", name=op.f("ck_listing_positions_positive")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_listing_version_positive")),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["commune.code"], name=op.f("fk_listing_commune_code")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["user_account.id"],
            name=op.f("fk_listing_created_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["diploma_id"], ["diploma.id"], name=op.f("fk_listing_diploma_id")),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_listing_establishment_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_profession_id"], ["profession.id"], name=op.f("fk_listing_from_profession_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_listing_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["profession_id"], ["profession.id"], name=op.f("fk_listing_profession_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_listing_source_source_id")),
    )
    op.create_index(op.f("ix_listing_commune_code"), "listing", ["commune_code"], unique=False)
    op.create_index(op.f("ix_listing_created_by_id"), "listing", ["created_by_id"], unique=False)
    op.create_index(
        op.f("ix_listing_organisation_id"), "listing", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_listing_profession_id"), "listing", ["profession_id"], unique=False)
    op.create_index("ix_listing_status_closes_at", "listing", ["status", "closes_at"], unique=False)
    op.create_index(
        "ix_listing_status_published_at", "listing", ["status", "published_at"], unique=False
    )
    op.create_table(
        "listing_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.String(length=12), nullable=True),
        sa.Column("to_status", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="reason of a refusal, or outcome"),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["user_account.id"],
            name=op.f("fk_listing_event_actor_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_listing_event_listing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_event")),
    )
    op.create_index(
        op.f("ix_listing_event_listing_id"), "listing_event", ["listing_id"], unique=False
    )
    op.create_table(
        "listing_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=True, comment="last day to answer, Paris"),
        sa.Column("capacity", sa.Integer(), nullable=True, comment="empty when it is not limited"),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "capacity IS NULL OR capacity > 0", name=op.f("ck_listing_session_capacity_positive")
        ),
        sa.CheckConstraint(
            "capacity IS NULL OR taken <= capacity",
            name=op.f("ck_listing_session_never_over_capacity"),
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at >= starts_at",
            name=op.f("ck_listing_session_ends_after_start"),
        ),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_listing_session_taken_not_negative")),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_listing_session_listing_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_session")),
    )
    op.create_index(
        op.f("ix_listing_session_listing_id"), "listing_session", ["listing_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_listing_session_listing_id"), table_name="listing_session")
    op.drop_table("listing_session")
    op.drop_index(op.f("ix_listing_event_listing_id"), table_name="listing_event")
    op.drop_table("listing_event")
    op.drop_index("ix_listing_status_published_at", table_name="listing")
    op.drop_index("ix_listing_status_closes_at", table_name="listing")
    op.drop_index(op.f("ix_listing_profession_id"), table_name="listing")
    op.drop_index(op.f("ix_listing_organisation_id"), table_name="listing")
    op.drop_index(op.f("ix_listing_created_by_id"), table_name="listing")
    op.drop_index(op.f("ix_listing_commune_code"), table_name="listing")
    op.drop_table("listing")
