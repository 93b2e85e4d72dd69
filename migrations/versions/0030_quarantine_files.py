"""Give each joined file a state: it waits for the antivirus, may leave, is blocked or lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CHECKS = {
    "cv_state_known": (
        "cv_state IS NULL OR cv_state IN ('waiting', 'clean', 'unscanned', 'blocked', 'lost')"
    ),
    "cv_has_state": "(cv_key IS NULL) = (cv_state IS NULL OR cv_state = 'blocked')",
    "cv_state_dated": "(cv_state IS NULL) = (cv_state_at IS NULL)",
}


def upgrade() -> None:
    op.add_column(
        "application", sa.Column("cv_state_at", sa.DateTime(timezone=True), nullable=True)
    )
    # Written as SQL: Alembic would copy the table on SQLite, and so delete what depends on its rows.
    # SQLite takes a new constraint if every row holds it: the files come back with their state.
    op.execute(
        "CREATE TEMPORARY TABLE joined_file AS "
        "SELECT id, cv_key, cv_sha256 FROM application WHERE cv_key IS NOT NULL"
    )
    op.execute("UPDATE application SET cv_key = NULL, cv_sha256 = NULL WHERE cv_key IS NOT NULL")
    checks = " ".join(
        f"CONSTRAINT ck_application_{name} CHECK ({rule})" for name, rule in CHECKS.items()
    )
    op.execute(f"ALTER TABLE application ADD COLUMN cv_state VARCHAR(10) {checks}")
    # Checked when they came, and served since: they still are, until an antivirus reads them.
    op.execute(
        "UPDATE application SET cv_state = 'unscanned', cv_state_at = created_at, "
        "cv_key = (SELECT cv_key FROM joined_file WHERE joined_file.id = application.id), "
        "cv_sha256 = (SELECT cv_sha256 FROM joined_file WHERE joined_file.id = application.id) "
        "WHERE id IN (SELECT id FROM joined_file)"
    )
    op.execute("DROP TABLE joined_file")


def downgrade() -> None:
    # Its constraints were written with the column, and go with it.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE application DROP COLUMN cv_state")
    else:
        for name in CHECKS:
            op.drop_constraint(op.f(f"ck_application_{name}"), "application", type_="check")
        op.drop_column("application", "cv_state")
    op.drop_column("application", "cv_state_at")
