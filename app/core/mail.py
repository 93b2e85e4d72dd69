"""E-mails: one recipient each, text and HTML, sent by the worker to the server of MAIL_URL."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask, current_app, render_template
from flask_mailman import EmailMultiAlternatives, Mail

from app.core.outbox import Effect, Refused

mailman = Mail()

# Answers of a server about an address (RFC 5321), and the status that may say more (RFC 3463):
# addresses, and mailboxes that are closed.
_NOBODY = frozenset({550, 551, 553})
_STATUS = re.compile(r"5\.(\d{1,3}\.\d{1,3})\b")
_NOBODY_STATUSES = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})


@dataclass(frozen=True)
class Message:
    """A message ready to leave. `message_id` is stable, so that a second copy is recognised."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    # Those that only some messages have, such as how to stop receiving them.
    headers: Mapping[str, str] = field(default_factory=dict)


def init_app(app: Flask) -> None:
    """Configure the transport from MAIL_URL: smtp://user:password@host:port, smtps://… or file:///folder."""
    url = urlsplit(app.config["MAIL_URL"])
    query = parse_qs(url.query)
    if url.scheme == "file":
        app.config.update(MAIL_BACKEND="file", MAIL_FILE_PATH=unquote(url.path))
    else:
        app.config.update(
            MAIL_BACKEND="smtp",
            MAIL_SERVER=url.hostname or "localhost",
            MAIL_PORT=url.port or (465 if url.scheme == "smtps" else 25),
            MAIL_USERNAME=unquote(url.username) if url.username else None,
            MAIL_PASSWORD=unquote(url.password) if url.password else None,
            MAIL_USE_SSL=url.scheme == "smtps",
            MAIL_USE_TLS=query.get("tls", ["0"])[0] == "1",
            MAIL_TIMEOUT=10,
        )
    app.config["MAIL_DEFAULT_SENDER"] = app.config["MAIL_SENDER"]
    mailman.init_app(app)


def render(name: str, *, to: str, message_id: str, **context: object) -> Message:
    """Render templates/emails/<name>/{subject.txt,body.txt,body.html} for one recipient."""
    folder = f"emails/{name}"
    subject = " ".join(render_template(f"{folder}/subject.txt", **context).split())
    host = urlsplit(current_app.config["PUBLIC_BASE_URL"]).hostname
    return Message(
        to=to,
        subject=subject,
        text=render_template(f"{folder}/body.txt", **context).strip() + "\n",
        html=render_template(f"{folder}/body.html", subject=subject, **context),
        message_id=f"<{message_id}@{host}>",
    )


def sending(message: Message | None) -> Effect | None:
    """Return the effect that sends a message, if there is one: the answer of a handler."""
    return None if message is None else lambda: send(message)


def send(message: Message) -> None:
    """Hand the message to the server. Never call it in a transaction.

    Raises Refused when the server says that the address is not there, and what smtplib raises when
    it may say yes later.
    """
    try:
        _hand_over(message)
    except smtplib.SMTPRecipientsRefused as error:
        if not all(_is_nobody(code, text) for code, text in error.recipients.values()):
            raise
        # An address that does not exist will not exist tomorrow. The error names it: hide it.
        raise Refused from None
    except smtplib.SMTPDataError as error:
        if not _is_nobody(error.smtp_code, error.smtp_error):
            raise
        raise Refused from None


def _is_nobody(code: int, text: bytes | str) -> bool:
    """Return whether a refusal is about the address.

    One about who sends or what is sent (« 550 5.7.1 host blocked ») says nothing of it: it is
    given to everybody that day, and ends.
    """
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    status = _STATUS.match(said)
    return code in _NOBODY and (status is None or status[1] in _NOBODY_STATUSES)


def _hand_over(message: Message) -> None:
    # The connection is closed even when the server refuses the message.
    with mailman.get_connection() as connection:
        mail = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            to=[message.to],
            headers={
                "Message-ID": message.message_id,
                "Auto-Submitted": "auto-generated",
                **message.headers,
            },
            connection=connection,
        )
        mail.attach_alternative(message.html, "text/html")
        mail.send()
