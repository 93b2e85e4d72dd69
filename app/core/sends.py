"""Forms that anybody may send: a few freely, then a proof, then no more for a while.

A person sends a few; a program sends a thousand. What is sent is counted by hour, under keyed
hashes that are forgotten the next day: from which place, to which address, about what. Nothing here
commits: a sending that is refused is not counted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import CheckConstraint, String, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.core import proofs
from app.core.database import db
from app.core.i18n import _

if TYPE_CHECKING:
    from app.core.forms import OpenForm

# Of the same form, counted over this hour and the one before.
# From one place: a family, a library, the office of a counsellor. Beyond, a proof is asked…
FREE_OF_A_PLACE = 3
# …that may be an answer in words, for those whose browser runs no script, and no more of these.
ANSWERED_OF_A_PLACE = 2
# With the same e-mail or telephone: somebody who looks for work writes to many, not to a hundred.
FREE_OF_A_PERSON = 10
MOST_OF_A_PERSON = 40
# About one listing, from anywhere.
FREE_ABOUT_ONE = 30
KEPT = dt.timedelta(hours=24)
HOUR = dt.timedelta(hours=1)


class SendCount(db.Model):
    """How many times something was sent in an hour, by a key that tells nobody what."""

    __tablename__ = "send_count"

    key: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="keyed hash of a place, a contact or a listing"
    )
    hour: Mapped[dt.datetime] = mapped_column(primary_key=True)
    sent: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("sent > 0", name="sent_positive"),)


class SpentProof(db.Model):
    """A proof that has served: it serves once, whatever the number of processes."""

    __tablename__ = "spent_proof"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[dt.datetime]


@dataclass(frozen=True, slots=True)
class Sending:
    """What is about to be sent: by which form, from where, with which contact, about what."""

    form: str
    place: str
    contact: str = ""
    about: str = ""


def look(form: OpenForm, sending: Sending, now: dt.datetime) -> None:
    """Ask for a proof as the form is shown, if one will be needed: it is then ready in time."""
    if not current_app.config["ASK_PROOFS"]:
        return
    keys = _keys(sending)
    found = _sent_since(keys.values(), now)
    counts = {name: found.get(key, 0) + 1 for name, key in keys.items()}
    if _needs_proof(counts):
        form.ask(proofs.ask())


def let_through(form: OpenForm, sending: Sending, now: dt.datetime) -> bool:
    """Count a valid form that is about to be written; return whether it may be.

    If not, the form says why and asks for what is missing, and the caller writes nothing.
    """
    counts = _count(_keys(sending), now)
    if not current_app.config["ASK_PROOFS"]:
        return True
    if counts.get("same", 0) > MOST_OF_A_PERSON:
        form.form_errors.append(
            _(
                "Beaucoup de demandes sont parties avec ces coordonnées. Attendez une heure, puis "
                "envoyez à nouveau\u00a0: tout ce que vous avez écrit est là."
            )
        )
        return False
    seconds = form.seconds_since_shown(now)
    quick = seconds is not None and seconds < current_app.config["SECONDS_TO_FILL"]
    if not quick and not _needs_proof(counts):
        return True
    return _accepts_proof(form, sending, now)


def forget(now: dt.datetime) -> None:
    """Delete yesterday's counts, and the proofs that are too old to be shown again."""
    db.session.execute(delete(SendCount).where(SendCount.hour < now - KEPT))
    db.session.execute(delete(SpentProof).where(SpentProof.expires_at < now))


def _accepts_proof(form: OpenForm, sending: Sending, now: dt.datetime) -> bool:
    token = form.proof_token.data or ""
    if proofs.is_computed(token, form.proof_number.data or "", now) and _spend(token, now):
        return True
    told = _(
        "Avant l’envoi, une vérification est nécessaire, en bas du formulaire. Tout ce que vous "
        "avez écrit est là\u00a0: envoyez à nouveau."
    )
    if proofs.is_answered(token, form.proof_words.data or "", now) and _spend(token, now):
        key = {"answered": _key("answered", sending.form, sending.place)}
        if _count(key, now)["answered"] <= ANSWERED_OF_A_PLACE:
            return True
        told = _(
            "Beaucoup d’envois sont partis de votre connexion. Attendez une heure, puis envoyez à "
            "nouveau\u00a0: tout ce que vous avez écrit est là."
        )
    form.form_errors.append(told)
    form.ask(proofs.ask())
    return False


def _needs_proof(counts: dict[str, int]) -> bool:
    return (
        counts["place"] > FREE_OF_A_PLACE
        or counts.get("person", 0) > FREE_OF_A_PERSON
        or counts.get("about", 0) > FREE_ABOUT_ONE
    )


def _keys(sending: Sending) -> dict[str, str]:
    keys = {"place": _key("place", sending.form, sending.place)}
    if sending.contact:
        keys["person"] = _key("person", sending.form, sending.contact)
        # Who sends from elsewhere in somebody's name does not silence her.
        keys["same"] = _key("same", sending.form, sending.contact, sending.place)
    if sending.about:
        keys["about"] = _key("about", sending.form, sending.about)
    return keys


def _key(*parts: str) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, "\x1f".join(("send", *parts)).encode(), hashlib.sha256).hexdigest()


def _hours(now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    this = now.replace(minute=0, second=0, microsecond=0)
    return this, this - HOUR


def _count(keys: dict[str, str], now: dt.datetime) -> dict[str, int]:
    """Count one more under each key; return how many there are, those of the last hour included.

    The rows are held until the commit: those who send at the same time are counted one by one,
    and always in the same order, so that nobody waits for somebody who waits for her.
    """
    this, _before = _hours(now)
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    for key in sorted(keys.values()):
        statement = dialect.insert(SendCount).values(key=key, hour=this, sent=1)
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["key", "hour"], set_={"sent": SendCount.sent + 1}
            )
        )
    found = _sent_since(keys.values(), now)
    return {name: found[key] for name, key in keys.items()}


def _sent_since(keys: Iterable[str], now: dt.datetime) -> dict[str, int]:
    found = db.session.execute(
        select(SendCount.key, func.sum(SendCount.sent))
        .where(SendCount.key.in_(list(keys)), SendCount.hour.in_(_hours(now)))
        .group_by(SendCount.key)
    )
    return {key: int(sent) for key, sent in found}


def _spend(token: str, now: dt.datetime) -> bool:
    """Write that a proof has served; return False if it had."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    try:
        with db.session.begin_nested():
            db.session.add(SpentProof(digest=digest, expires_at=now + proofs.LASTS))
    except IntegrityError:
        return False
    return True
