"""Create the files that members send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="as the member named it"),
        sa.Column(
            "key",
            sa.String(length=80),
            nullable=True,
            comment="where the file is kept; empty once it is dropped",
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("headers", JSON, nullable=False, comment="CSV: its first line"),
        sa.Column(
            "columns",
            JSON,
            nullable=False,
            comment="CSV: header -> field, empty when it is not read",
        ),
        sa.Column(
            "full",
            sa.Boolean(),
            nullable=False,
            comment="the member says that it holds all that she sends",
        ),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("preview", JSON, nullable=False, comment="counts, changes, set_aside"),
        sa.Column(
            "plan",
            sa.String(length=64),
            nullable=True,
            comment="SHA-256 of what the preview would write",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="what the member is told"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("format IN ('csv', 'lheo')", name=op.f("ck_import_file_format_known")),
        sa.CheckConstraint(
            "state IN ('columns', 'reading', 'ready', 'applying', 'applied', 'failed')",
            name=op.f("ck_import_file_state_known"),
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_import_file_size_positive")),
        sa.CheckConstraint(
            "state NOT IN ('ready', 'applying') OR plan IS NOT NULL",
            name=op.f("ck_import_file_ready_has_plan"),
        ),
        sa.CheckConstraint(
            "(state = 'applied') = (run_id IS NOT NULL)",
            name=op.f("ck_import_file_applied_has_run"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_import_file_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_import_file_user_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_file_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("key", name=op.f("uq_import_file_key")),
        sa.UniqueConstraint("run_id", name=op.f("uq_import_file_run_id")),
    )
    op.create_index(
        op.f("ix_import_file_organisation_id"), "import_file", ["organisation_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_import_file_organisation_id"), table_name="import_file")
    op.drop_table("import_file")
