"""Hash the codes kept on paper with argon2 and a salt each.

Those drawn before cannot be hashed again: they go, and the page of security asks for new ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = "recovery_code"


def _change(length: int, comment: str, old: str, new: str, columns: list[str]) -> None:
    op.execute(sa.delete(sa.table(TABLE)))
    op.drop_index(old, table_name=TABLE)
    with op.batch_alter_table(TABLE) as batch:
        batch.alter_column("code_hash", type_=sa.String(length), comment=comment)
    op.create_index(new, TABLE, columns)


def upgrade() -> None:
    _change(
        200,
        "argon2id",
        "ix_recovery_code_user_id_code_hash",
        "ix_recovery_code_user_id",
        ["user_id"],
    )


def downgrade() -> None:
    _change(
        64,
        "keyed hash",
        "ix_recovery_code_user_id",
        "ix_recovery_code_user_id_code_hash",
        ["user_id", "code_hash"],
    )
