"""Create the keys that browsers hold for people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False, comment="base64url"),
        sa.Column("public_key", sa.Text(), nullable=False, comment="base64url of COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False, comment="as the key last counted"),
        sa.Column(
            "device", sa.String(length=60), nullable=False, comment="as « Firefox, Windows »"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_passkey_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"])
    with op.batch_alter_table("login_session") as table:
        table.add_column(
            sa.Column(
                "challenge",
                sa.String(length=86),
                nullable=True,
                comment="what a passkey is asked to sign, once",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("login_session") as table:
        table.drop_column("challenge")
    op.drop_index(op.f("ix_passkey_user_id"), table_name="passkey")
    op.drop_table("passkey")
