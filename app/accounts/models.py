"""People who sign in, their sessions and their single-use links."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.enums import Awaits, Handling, Role
from app.core.database import db, one_of


class User(db.Model):
    """A person with an account. Candidates do not need one."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="lower case")
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200), comment="argon2id")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime | None]
    end_told_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when she was told that an account that nobody opens is erased"
    )

    sessions: Mapped[list[LoginSession]] = relationship(
        back_populates="user", cascade="all, delete-orphan"
    )

    __table_args__ = (one_of("role", Role),)

    # What Flask-Login asks of a user. The session row, not the user, is what a cookie names.
    is_authenticated = True
    is_anonymous = False

    def __repr__(self) -> str:
        return f"<User {self.id} {self.role}>"

    @property
    def is_active(self) -> bool:
        """Return whether the person may sign in."""
        return self.active


class LoginSession(db.Model):
    """A signed-in browser. The cookie holds the token; only its hash is kept here."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    device: Mapped[str] = mapped_column(String(60), default="", comment="as « Firefox, Windows »")
    awaits: Mapped[str | None] = mapped_column(
        String(10), comment="second factor still asked; such a session opens nothing"
    )
    code_hash: Mapped[str | None] = mapped_column(
        String(64), comment="keyed hash of the code sent by e-mail"
    )
    code_expires_at: Mapped[dt.datetime | None]
    challenge: Mapped[str | None] = mapped_column(
        String(86), comment="what a passkey is asked to sign, once"
    )

    user: Mapped[User] = relationship(back_populates="sessions")

    __table_args__ = (one_of("awaits", Awaits, nullable=True),)


class SignInLink(db.Model):
    """A link sent by e-mail, good once and for ten minutes."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]

    __table_args__ = (Index("ix_sign_in_link_user_id", "user_id"),)


class SignInAttempt(db.Model):
    """A failed sign-in, kept a day to slow down guessing by account and by address."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), comment="keyed hash of the account or the address")
    at: Mapped[dt.datetime]

    __table_args__ = (Index("ix_sign_in_attempt_key_at", "key", "at"),)


class SecondFactor(db.Model):
    """The application that makes codes for a person (TOTP, RFC 6238)."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str] = mapped_column(String(200), comment="sealed with the key of the site")
    last_step: Mapped[int] = mapped_column(
        default=0, comment="half-minute of the last code taken: a code serves once"
    )
    created_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when a first code proved that the application is set up"
    )


class RecoveryCode(db.Model):
    """A code to keep on paper, good once, for the day the telephone is lost."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(200), comment="argon2id")
    used_at: Mapped[dt.datetime | None]

    __table_args__ = (Index("ix_recovery_code_user_id", "user_id"),)


class KnownDevice(db.Model):
    """A browser from which a person has proved that she reads her e-mails."""

    __tablename__ = "known_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[dt.datetime]


class Passkey(db.Model):
    """A key that a browser or a device holds for a person (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    credential_id: Mapped[str] = mapped_column(Text, unique=True, comment="base64url")
    public_key: Mapped[str] = mapped_column(Text, comment="base64url of COSE")
    sign_count: Mapped[int] = mapped_column(BigInteger, comment="as the key last counted")
    device: Mapped[str] = mapped_column(String(60), default="", comment="as « Firefox, Windows »")
    created_at: Mapped[dt.datetime]


class AccessAlarm(db.Model):
    """Somebody was shown the details of many people in an hour: she proves again who she is."""

    __tablename__ = "access_alarm"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[dt.datetime]
    reads: Mapped[int] = mapped_column(comment="people whose details were shown or asked for")
    lifted_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when she proved again who she is; the count starts again from there"
    )
    handling: Mapped[str | None] = mapped_column(String(10), comment="what the team decided")
    handled_at: Mapped[dt.datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    handled_by: Mapped[User | None] = relationship(foreign_keys=[handled_by_id])

    __table_args__ = (
        one_of("handling", Handling, nullable=True),
        CheckConstraint("reads > 0", name="reads_positive"),
        CheckConstraint("lifted_at IS NULL OR lifted_at >= at", name="lifted_after"),
        CheckConstraint("(handling IS NULL) = (handled_at IS NULL)", name="handled_dated"),
        Index(
            "uq_access_alarm_standing",
            "user_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )
