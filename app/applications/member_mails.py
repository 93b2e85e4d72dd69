"""Messages to those who receive applications. No name nor number of anybody in them."""

from __future__ import annotations

import datetime as dt

from app.accounts.models import User
from app.applications import progress, workflow
from app.applications.enums import Status
from app.applications.models import Application, ApplicationEvent, ApplicationMessage
from app.applications.queries import Waiting
from app.core import mail
from app.core.filters import date_with_weekday
from app.core.i18n import _
from app.organisations.models import Organisation

S = Status
# A message that lists more is not read.
REMINDED_LISTINGS = 12


def announced(
    application: Application,
    event: ApplicationEvent,
    member: User,
    event_id: int,
    base_url: str,
) -> mail.Message:
    """Return the message to a member: somebody answered, or took her answer back. No names."""
    taken_back = event.to_status in workflow.TAKEN_BACK
    return mail.render(
        "applications/announced",
        to=member.email,
        message_id=f"application-announced-{event_id}",
        listing=application.listing,
        taken_back=taken_back,
        accepted=event.to_status == S.ADMITTED,
        offered_until=progress.until(application) if event.to_status == S.OFFERED else "",
        due=progress.when(application.answer_due_at)
        if application.answer_due_at and event.from_status is None
        else "",
        is_event=workflow.family_of(application.listing.kind) is workflow.Family.EVENT,
        url=f"{base_url}/recruter/"
        + (f"candidatures/{application.id}" if event.to_status in {S.OFFERED, S.ADMITTED} else ""),
        hello=_("Bonjour %(name)s,", name=member.name),
    )


def replied(
    message: ApplicationMessage, member: User, event_id: int, base_url: str
) -> mail.Message:
    """Return the message to a member: a person answers what was written to her. No words."""
    coming = message.coming
    if coming is None:
        said = _("Une personne a répondu à votre message.")
    elif coming:
        said = _("Une personne vient au rendez-vous que vous lui avez proposé.")
    else:
        said = _("La date proposée ne va pas à une personne\u00a0: proposez-lui-en une autre.")
    return mail.render(
        "applications/replied",
        to=member.email,
        message_id=f"application-replied-{event_id}",
        listing=message.application.listing,
        coming=coming,
        said=said,
        has_words=bool(message.reply) and coming is not None,
        url=f"{base_url}/recruter/candidatures/{message.application_id}",
        hello=_("Bonjour %(name)s,", name=member.name),
    )


def reminder(
    organisation: Organisation,
    waiting: Waiting,
    ending: workflow.Ending | None,
    member: User,
    event_id: int,
    now: dt.datetime,
    base_url: str,
) -> mail.Message:
    """Return the message to a member about all who wait in her organisation. No names."""
    return mail.render(
        "applications/reminder",
        to=member.email,
        message_id=f"application-reminder-{event_id}",
        organisation=organisation,
        waiting=waiting,
        ending=ending,
        listings=waiting.by_listing[:REMINDED_LISTINGS],
        others=sum(number for _title, number in waiting.by_listing[REMINDED_LISTINGS:]),
        days=progress.days_ago(waiting.first_at, now),
        told_on=date_with_weekday(waiting.first_at + workflow.SILENCE),
        url=f"{base_url}/recruter/?vue=liste&attente=oui",
        hello=_("Bonjour %(name)s,", name=member.name),
    )


def ends_soon(
    organisation: Organisation, ending: workflow.Ending, member: User, event_id: int, base_url: str
) -> mail.Message:
    """Return the message to a member when only conversations about to end are due. No names."""
    return mail.render(
        "applications/ends_soon",
        to=member.email,
        message_id=f"application-reminder-{event_id}",
        organisation=organisation,
        ending=ending,
        url=f"{base_url}/recruter/?vue=liste",
        hello=_("Bonjour %(name)s,", name=member.name),
    )
