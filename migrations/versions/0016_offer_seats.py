"""Add the state of a seat proposed, its delay, the reminder of a date; count the seats of periods."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = (
    "'received', 'seen', 'contacted', 'meeting', 'trial', 'hired', 'declined', 'withdrawn', "
    "'pool', 'closed_elsewhere', 'expired_no_answer', 'admitted', 'waitlisted', 'refused', "
    "'enrolled', 'registered', 'attended', 'absent', 'cancelled'"
)
AFTER = BEFORE.replace("'waitlisted', ", "'waitlisted', 'offered', ")
OFFER = "(status = 'offered') = (offer_until IS NOT NULL)"


def upgrade() -> None:
    _know("'waitlisted', 'refused'", "'waitlisted', 'offered', 'refused'", AFTER)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE application ADD COLUMN offer_until DATETIME "
            f"CONSTRAINT ck_application_offer_has_end CHECK ({OFFER})"
        )
    else:
        op.add_column(
            "application",
            sa.Column(
                "offer_until",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="until when the seat proposed is kept for the person",
            ),
        )
        op.create_check_constraint(op.f("ck_application_offer_has_end"), "application", OFFER)
    op.add_column(
        "application",
        sa.Column(
            "date_reminded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the person was reminded of the date she is registered for",
        ),
    )
    # Who was taken on for a period holds one of its seats from now on.
    hired = (
        "(SELECT count(*) FROM application WHERE application.session_id = listing_session.id "
        "AND application.status = 'hired')"
    )
    more = f"taken + {hired}"
    op.execute(
        f"UPDATE listing_session SET taken = {more}, "  # noqa: S608 - constants alone
        f"capacity = CASE WHEN capacity < {more} THEN {more} ELSE capacity END WHERE {hired} > 0"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE listing_session SET taken = taken - (SELECT count(*) FROM application "
        "WHERE application.session_id = listing_session.id "
        "AND application.status IN ('hired', 'offered'))"
    )
    op.drop_column("application", "date_reminded_at")
    if op.get_bind().dialect.name == "sqlite":
        # The constraint was written with the column, and goes with it.
        op.execute(
            "UPDATE application SET offer_until = NULL, status = 'waitlisted' "
            "WHERE status = 'offered'"
        )
        op.execute("ALTER TABLE application DROP COLUMN offer_until")
    else:
        op.drop_constraint(op.f("ck_application_offer_has_end"), "application", type_="check")
        op.drop_column("application", "offer_until")
        op.execute("UPDATE application SET status = 'waitlisted' WHERE status = 'offered'")
    _know("'waitlisted', 'offered', 'refused'", "'waitlisted', 'refused'", BEFORE)


def _know(old: str, new: str, statuses: str) -> None:
    """Change which states are known.

    SQLite can only make the table again, which would take the log of the applications with it.
    Its own documentation gives this way for a change of a CHECK: nothing of the rows is touched.
    """
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_application_status_known"), "application", type_="check")
        op.create_check_constraint(
            op.f("ck_application_status_known"), "application", f"status IN ({statuses})"
        )
        return
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) "
        "WHERE type = 'table' AND name = 'application' AND instr(sql, ?) > 0",
        (old, new, old),
    )
    if changed.rowcount != 1:
        raise RuntimeError("the table of applications is not the one expected")
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
