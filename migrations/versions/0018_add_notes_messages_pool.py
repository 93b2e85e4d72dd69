"""Add notes and messages on applications, the pool of those who agreed, and transfers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

POOL_IS_AGREED = (
    "status <> 'pool' OR (pool_consent_at IS NOT NULL AND pool_wording IS NOT NULL "
    "AND pool_until IS NOT NULL)"
)


def upgrade() -> None:
    for name, comment in (
        ("pool_asked_at", None),
        ("pool_consent_at", None),
        ("pool_refused_at", "when she said no, or took her yes back"),
        ("pool_told_at", "when she was told that the end is near"),
    ):
        op.add_column(
            "application",
            sa.Column(name, sa.DateTime(timezone=True), nullable=True, comment=comment),
        )
    op.add_column(
        "application",
        sa.Column(
            "pool_wording",
            sa.String(length=10),
            nullable=True,
            comment="version of the sentence she agreed to",
        ),
    )
    # Written as SQL: Alembic would copy the table on SQLite, and so delete what depends on its rows.
    instant = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    op.execute(
        f"ALTER TABLE application ADD COLUMN pool_until {instant} "
        f"CONSTRAINT ck_application_pool_is_agreed CHECK ({POOL_IS_AGREED})"
    )
    op.create_table(
        "application_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 2000", name=op.f("ck_application_note_text_sized")
        ),
        *_belongs("application_note", "author_id"),
    )
    op.create_table(
        "application_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("letter", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meeting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meeting_place", sa.String(length=200), nullable=True),
        sa.Column("listing_id", sa.Integer(), nullable=True, comment="the one proposed"),
        sa.CheckConstraint(
            "letter IN ('tried', 'talk', 'missing', 'meeting', 'proposal')",
            name=op.f("ck_application_message_letter_known"),
        ),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 2000", name=op.f("ck_application_message_text_sized")
        ),
        sa.CheckConstraint(
            "(letter = 'meeting') = (meeting_at IS NOT NULL AND meeting_place IS NOT NULL)",
            name=op.f("ck_application_message_meeting_is_placed"),
        ),
        *_belongs("application_message", "author_id"),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_application_message_listing_id"),
            ondelete="SET NULL",
        ),
    )
    op.create_table(
        "application_transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("from_listing_id", sa.Integer(), nullable=False),
        sa.Column("to_listing_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "from_listing_id <> to_listing_id", name=op.f("ck_application_transfer_changes_listing")
        ),
        *_belongs("application_transfer", "actor_id"),
        *(
            sa.ForeignKeyConstraint(
                [name], ["listing.id"], name=op.f(f"fk_application_transfer_{name}")
            )
            for name in ("from_listing_id", "to_listing_id")
        ),
    )
    for table, columns in INDEXED.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


INDEXED = {
    "application_note": ("application_id", "author_id"),
    "application_message": ("application_id", "author_id", "listing_id"),
    "application_transfer": ("application_id", "actor_id", "from_listing_id", "to_listing_id"),
}


def _belongs(table: str, person: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f(f"fk_{table}_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            [person],
            ["user_account.id"],
            name=op.f(f"fk_{table}_{person}"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in reversed(INDEXED):
        op.drop_table(table)
    op.drop_column("application", "pool_until")
    for name in (
        "pool_wording",
        "pool_told_at",
        "pool_refused_at",
        "pool_consent_at",
        "pool_asked_at",
    ):
        op.drop_column("application", name)
