"""Create communes of France and their postal codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commune",
        sa.Column("code", sa.String(length=5), nullable=False, comment="INSEE code"),
        sa.Column(
            "name",
            sa.String(length=80),
            nullable=False,
            comment="with its article: Le Havre, Lyon 3e",
        ),
        sa.Column("slug", sa.String(length=90), nullable=False),
        sa.Column(
            "search_name",
            sa.String(length=80),
            nullable=False,
            comment="name as normalise() writes it",
        ),
        sa.Column(
            "postal_code", sa.String(length=5), nullable=True, comment="the first one, for labels"
        ),
        sa.Column("department_code", sa.String(length=3), nullable=False),
        sa.Column("department_name", sa.String(length=50), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column(
            "latitude", sa.Double(), nullable=False, comment="degrees, centre of the commune"
        ),
        sa.Column(
            "longitude", sa.Double(), nullable=False, comment="degrees, centre of the commune"
        ),
        sa.Column(
            "parent_code",
            sa.String(length=5),
            nullable=True,
            comment="the city of an arrondissement",
        ),
        sa.Column("in_territory", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90", name=op.f("ck_commune_latitude_in_range")
        ),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180", name=op.f("ck_commune_longitude_in_range")
        ),
        sa.CheckConstraint("population >= 0", name=op.f("ck_commune_population_positive")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["commune.code"], name=op.f("fk_commune_parent_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_commune")),
        sa.UniqueConstraint("slug", name=op.f("uq_commune_slug")),
    )
    op.create_index(
        op.f("ix_commune_department_code"), "commune", ["department_code"], unique=False
    )
    op.create_index(op.f("ix_commune_parent_code"), "commune", ["parent_code"], unique=False)
    op.create_index("ix_commune_position", "commune", ["latitude", "longitude"], unique=False)
    op.create_index(op.f("ix_commune_search_name"), "commune", ["search_name"], unique=False)
    op.create_table(
        "commune_postal_code",
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("postal_code", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["commune.code"], name=op.f("fk_commune_postal_code_commune_code")
        ),
        sa.PrimaryKeyConstraint("commune_code", "postal_code", name=op.f("pk_commune_postal_code")),
    )
    op.create_index(
        op.f("ix_commune_postal_code_postal_code"),
        "commune_postal_code",
        ["postal_code"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_commune_postal_code_postal_code"), table_name="commune_postal_code")
    op.drop_table("commune_postal_code")
    op.drop_index(op.f("ix_commune_search_name"), table_name="commune")
    op.drop_index("ix_commune_position", table_name="commune")
    op.drop_index(op.f("ix_commune_parent_code"), table_name="commune")
    op.drop_index(op.f("ix_commune_department_code"), table_name="commune")
    op.drop_table("commune")
