"""Let the log of an organisation say that its numbers were released."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BEFORE = "'opened', 'verified', 'refused', 'sent_again', 'call_asked', 'suspended', 'reopened'"


def upgrade() -> None:
    _allow(f"{BEFORE}, 'released'")


def downgrade() -> None:
    op.execute("DELETE FROM organisation_event WHERE action = 'released'")
    _allow(BEFORE)


def _allow(actions: str) -> None:
    # Nothing depends on the rows of this table: SQLite may copy it.
    with op.batch_alter_table("organisation_event") as table:
        table.drop_constraint(op.f("ck_organisation_event_action_known"), type_="check")
        table.create_check_constraint(
            op.f("ck_organisation_event_action_known"), f"action IN ({actions})"
        )
