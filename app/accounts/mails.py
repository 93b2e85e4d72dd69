"""Messages to people who sign in."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from app.accounts.enums import FactorChange
from app.accounts.models import AccessAlarm, User
from app.accounts.queries import token_hash
from app.core import mail
from app.core.i18n import lazy

CHANGE_LABELS = {
    FactorChange.APP_ADDED: lazy("Une application de codes a été ajoutée à votre compte."),
    FactorChange.APP_REMOVED: lazy("L’application de codes de votre compte a été retirée."),
    FactorChange.KEY_ADDED: lazy("Une clé d’accès a été ajoutée à votre compte."),
    FactorChange.KEY_REMOVED: lazy("Une clé d’accès de votre compte a été retirée."),
    FactorChange.CODES_RENEWED: lazy("De nouveaux codes sur papier remplacent les vôtres."),
    FactorChange.PASSWORD_CHANGED: lazy("Le mot de passe de votre compte a été changé."),
    FactorChange.STARTED_OVER: lazy(
        "Toutes vos preuves ont été retirées, à votre demande au téléphone."
    ),
}


def sign_in_link(
    user: User, token: str, *, link_id: int, base_url: str, next_path: str, minutes: int
) -> mail.Message:
    """Return the message that carries a single-use link."""
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    return mail.render(
        "accounts/sign_in_link",
        to=user.email,
        message_id=f"sign-in-link-{link_id}",
        person=user.name,
        url=f"{base_url}/connexion/lien/{token}{query}",
        minutes=minutes,
    )


def sign_in_code(user: User, code: str, *, event_id: int, minutes: int) -> mail.Message:
    """Return the message that carries the code of a sign-in from a browser not known."""
    return mail.render(
        "accounts/sign_in_code",
        to=user.email,
        # Another code is another message: mailboxes drop the second of two with the same name.
        message_id=f"sign-in-code-{event_id}-{token_hash(code)[:12]}",
        person=user.name,
        code=f"{code[:3]}\u00a0{code[3:]}",
        minutes=minutes,
    )


def factor_changed(
    user: User, change: FactorChange, at: dt.datetime, *, event_id: int, base_url: str
) -> mail.Message:
    """Return the message that says what changed in the way a person proves who she is."""
    return mail.render(
        "accounts/factor_changed",
        to=user.email,
        message_id=f"factor-changed-{event_id}",
        person=user.name,
        change=CHANGE_LABELS[change],
        at=at,
        url=f"{base_url}/connexion/securite",
    )


def alarm(admin: User, raised: AccessAlarm, *, event_id: int, base_url: str) -> mail.Message:
    """Return the message that tells an administrator that somebody reads a lot."""
    return mail.render(
        "accounts/alarm",
        to=admin.email,
        message_id=f"access-alarm-{event_id}",
        person=admin.name,
        reader=raised.user.name,
        reads=raised.reads,
        at=raised.at,
        url=f"{base_url}/equipe/consultations",
    )
