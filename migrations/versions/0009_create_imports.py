"""Create runs of the importers and what they set aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column(
            "skipped", sa.Integer(), nullable=False, comment="recognised as outside the care field"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'refused', 'failed')",
            name=op.f("ck_import_run_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_source"), "import_run", ["source"], unique=False)
    op.create_table(
        "import_quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column(
            "position",
            sa.String(length=200),
            nullable=False,
            comment="file and position in the file",
        ),
        sa.Column("source_id", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["import_run.id"],
            name=op.f("fk_import_quarantine_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_quarantine")),
    )
    op.create_index(
        op.f("ix_import_quarantine_run_id"), "import_quarantine", ["run_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_import_quarantine_run_id"), table_name="import_quarantine")
    op.drop_table("import_quarantine")
    op.drop_index(op.f("ix_import_run_source"), table_name="import_run")
    op.drop_table("import_run")
