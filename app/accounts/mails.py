"""Messages to people who sign in."""

from __future__ import annotations

from urllib.parse import urlencode

from app.accounts.models import User
from app.accounts.queries import token_hash
from app.core import mail


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
