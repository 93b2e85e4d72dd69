"""Create what proves a second time who signs in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "secret",
            sa.String(length=200),
            nullable=False,
            comment="sealed with the key of the site",
        ),
        sa.Column(
            "last_step",
            sa.Integer(),
            nullable=False,
            comment="half-minute of the last code taken: a code serves once",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a first code proved that the application is set up",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_second_factor_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="keyed hash"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_recovery_code_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_user_id_code_hash", "recovery_code", ["user_id", "code_hash"])
    op.create_table(
        "known_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_known_device_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_known_device_token_hash")),
    )
    op.create_index(op.f("ix_known_device_user_id"), "known_device", ["user_id"])
    with op.batch_alter_table("login_session") as table:
        table.add_column(
            sa.Column(
                "device",
                sa.String(length=60),
                nullable=False,
                server_default="",
                comment="as « Firefox, Windows »",
            )
        )
        table.add_column(
            sa.Column(
                "awaits",
                sa.String(length=10),
                nullable=True,
                comment="second factor still asked; such a session opens nothing",
            )
        )
        table.add_column(
            sa.Column(
                "code_hash",
                sa.String(length=64),
                nullable=True,
                comment="keyed hash of the code sent by e-mail",
            )
        )
        table.add_column(sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(
            op.f("ck_login_session_awaits_known"),
            "awaits IS NULL OR awaits IN ('app', 'email', 'setup')",
        )
    with op.batch_alter_table("login_session") as table:
        table.alter_column("device", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("login_session") as table:
        table.drop_constraint(op.f("ck_login_session_awaits_known"), type_="check")
        for name in ("code_expires_at", "code_hash", "awaits", "device"):
            table.drop_column(name)
    op.drop_index(op.f("ix_known_device_user_id"), table_name="known_device")
    op.drop_table("known_device")
    op.drop_index("ix_recovery_code_user_id_code_hash", table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
