"""Create the pictures of organisations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = "organisation_picture"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="from 1; 0 while two change places"
        ),
        sa.Column(
            "alt",
            sa.String(length=200),
            nullable=False,
            comment="what the picture shows, in words",
        ),
        sa.Column("key", sa.String(length=80), nullable=False, comment="name in the file store"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "small_key",
            sa.String(length=80),
            nullable=False,
            comment="name of the small one in the file store",
        ),
        sa.Column("small_sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False, comment="points of the wide one"),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "position BETWEEN 0 AND 6", name=op.f("ck_organisation_picture_position_possible")
        ),
        sa.CheckConstraint(
            "length(trim(alt)) > 0", name=op.f("ck_organisation_picture_alt_written")
        ),
        sa.CheckConstraint(
            "width BETWEEN 1 AND 960 AND height > 0",
            name=op.f("ck_organisation_picture_size_possible"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_picture_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_picture")),
        sa.UniqueConstraint("key", name=op.f("uq_organisation_picture_key")),
        sa.UniqueConstraint("small_key", name=op.f("uq_organisation_picture_small_key")),
        sa.UniqueConstraint(
            "organisation_id",
            "position",
            name=op.f("uq_organisation_picture_organisation_id_position"),
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "sha256",
            name=op.f("uq_organisation_picture_organisation_id_sha256"),
        ),
    )
    for column in ("sha256", "small_sha256"):
        op.create_index(op.f(f"ix_organisation_picture_{column}"), TABLE, [column], unique=False)


def downgrade() -> None:
    for column in ("small_sha256", "sha256"):
        op.drop_index(op.f(f"ix_organisation_picture_{column}"), table_name=TABLE)
    op.drop_table(TABLE)
