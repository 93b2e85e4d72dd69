"""Let a person choose several moments to be called back, and the evening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NAME = "ck_application_call_back_known"
BEFORE = "call_back IN ('morning', 'noon', 'afternoon', 'any')"
AFTER = (
    "call_back IN ('any', 'morning', 'noon', 'afternoon', 'evening', 'morning,noon', "
    "'morning,afternoon', 'morning,evening', 'noon,afternoon', 'noon,evening', "
    "'afternoon,evening', 'morning,noon,afternoon', 'morning,noon,evening', "
    "'morning,afternoon,evening', 'noon,afternoon,evening')"
)


def upgrade() -> None:
    _change(BEFORE, AFTER, 12, 30, "slots in the order of the day, or any")


def downgrade() -> None:
    op.execute(
        "UPDATE application SET call_back = 'any' "
        "WHERE call_back NOT IN ('morning', 'noon', 'afternoon')"
    )
    _change(AFTER, BEFORE, 30, 12, None)


def _change(old: str, new: str, length: int, to: int, comment: str | None) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite({old: new, f"call_back VARCHAR({length})": f"call_back VARCHAR({to})"})
        return
    op.drop_constraint(op.f(NAME), "application", type_="check")
    op.alter_column("application", "call_back", type_=sa.String(length=to), comment=comment)
    op.create_check_constraint(op.f(NAME), "application", new)


def _rewrite(changes: dict[str, str]) -> None:
    """Change the rules of the table where SQLite writes them, as its manual allows for a CHECK
    (lang_altertable.html, 7): making the table anew would erase what refers to it."""
    connection = op.get_bind()
    made: str = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'application'")
    ).scalar_one()
    for old, new in changes.items():
        if made.count(old) != 1:
            raise RuntimeError(f"the table application does not say: {old}")
        made = made.replace(old, new)
    version: int = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = :made WHERE type = 'table' AND name = 'application'"
        ),
        {"made": made},
    )
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")
