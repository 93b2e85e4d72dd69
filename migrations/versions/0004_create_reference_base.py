"""Create professions, diplomas, vocabulary, moves and their sources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diploma",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("acronym", sa.String(length=40), nullable=True),
        sa.Column(
            "level", sa.Integer(), nullable=True, comment="level of the French framework, 3 to 8"
        ),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 8", name=op.f("ck_diploma_level_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diploma")),
        sa.UniqueConstraint("slug", name=op.f("uq_diploma_slug")),
    )
    op.create_table(
        "profession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column(
            "label", sa.String(length=120), nullable=False, comment="both genders: Aide-soignant·e"
        ),
        sa.Column("label_feminine", sa.String(length=120), nullable=False),
        sa.Column("label_masculine", sa.String(length=120), nullable=False),
        sa.Column("sector", sa.String(length=60), nullable=False, comment="slug of a sector term"),
        sa.Column(
            "regulated", sa.Boolean(), nullable=False, comment="a diploma is required by law"
        ),
        sa.Column("summary", sa.String(length=600), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profession")),
        sa.UniqueConstraint("slug", name=op.f("uq_profession_slug")),
    )
    op.create_table(
        "source",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column(
            "reliability",
            sa.String(length=1),
            nullable=True,
            comment="A: law or official site; B: specialised press, school; C: to cross",
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "reliability IS NULL OR reliability IN ('A', 'B', 'C')",
            name=op.f("ck_source_reliability_known"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_source")),
    )
    op.create_table(
        "term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('sector', 'workplace-category', 'workplace', 'public', 'contract', 'schedule', 'funding', 'equivalence-rule')",
            name=op.f("ck_term_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("kind", "slug", name=op.f("uq_term_kind_slug")),
    )
    op.create_table(
        "diploma_profession",
        sa.Column("diploma_id", sa.Integer(), nullable=False),
        sa.Column("profession_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["diploma_id"],
            ["diploma.id"],
            name=op.f("fk_diploma_profession_diploma_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["profession.id"],
            name=op.f("fk_diploma_profession_profession_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("diploma_id", "profession_id", name=op.f("pk_diploma_profession")),
    )
    op.create_index(
        op.f("ix_diploma_profession_profession_id"),
        "diploma_profession",
        ["profession_id"],
        unique=False,
    )
    op.create_table(
        "mobility_edge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("diploma_id", sa.Integer(), nullable=True),
        sa.Column("duration_months", sa.Double(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('promotion', 'specialisation', 'reconversion', 'encadrement')",
            name=op.f("ck_mobility_edge_kind_known"),
        ),
        sa.CheckConstraint("duration_months > 0", name=op.f("ck_mobility_edge_duration_positive")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_mobility_edge_goes_elsewhere")),
        sa.ForeignKeyConstraint(
            ["diploma_id"], ["diploma.id"], name=op.f("fk_mobility_edge_diploma_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["profession.id"],
            name=op.f("fk_mobility_edge_from_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["profession.id"], name=op.f("fk_mobility_edge_to_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mobility_edge")),
        sa.UniqueConstraint(
            "from_id", "to_id", "kind", name=op.f("uq_mobility_edge_from_id_to_id_kind")
        ),
    )
    op.create_index(
        op.f("ix_mobility_edge_diploma_id"), "mobility_edge", ["diploma_id"], unique=False
    )
    op.create_index(op.f("ix_mobility_edge_to_id"), "mobility_edge", ["to_id"], unique=False)
    op.create_table(
        "profession_name",
        sa.Column("profession_id", sa.Integer(), nullable=False),
        sa.Column(
            "normalised",
            sa.String(length=120),
            nullable=False,
            comment="as queries.normalise writes it",
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('label', 'feminine', 'masculine', 'alternative', 'former', 'acronym')",
            name=op.f("ck_profession_name_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["profession.id"],
            name=op.f("fk_profession_name_profession_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profession_id", "normalised", name=op.f("pk_profession_name")),
    )
    op.create_index(
        op.f("ix_profession_name_normalised"), "profession_name", ["normalised"], unique=False
    )
    op.create_table(
        "profession_rome",
        sa.Column("profession_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column(
            "current", sa.Boolean(), nullable=False, comment="false: code used before ROME 4.0"
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["profession.id"],
            name=op.f("fk_profession_rome_profession_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profession_id", "code", name=op.f("pk_profession_rome")),
    )
    op.create_index(op.f("ix_profession_rome_code"), "profession_rome", ["code"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_profession_rome_code"), table_name="profession_rome")
    op.drop_table("profession_rome")
    op.drop_index(op.f("ix_profession_name_normalised"), table_name="profession_name")
    op.drop_table("profession_name")
    op.drop_index(op.f("ix_mobility_edge_to_id"), table_name="mobility_edge")
    op.drop_index(op.f("ix_mobility_edge_diploma_id"), table_name="mobility_edge")
    op.drop_table("mobility_edge")
    op.drop_index(op.f("ix_diploma_profession_profession_id"), table_name="diploma_profession")
    op.drop_table("diploma_profession")
    op.drop_table("term")
    op.drop_table("source")
    op.drop_table("profession")
    op.drop_table("diploma")
