"""Messages to the person who answered a listing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from app.applications import keys, progress, workflow
from app.applications.enums import (
    DECLINE_MESSAGES,
    LETTER_LABELS,
    LETTER_MESSAGES,
    OTHER_DIPLOMA,
    ActorKind,
    DeclineReason,
    DiplomaHeld,
    Letter,
    Status,
)
from app.applications.models import (
    Application,
    ApplicationEvent,
    ApplicationMessage,
    ApplicationTransfer,
)
from app.core import mail
from app.core.clock import paris_date
from app.core.filters import date_long, date_with_weekday, time_short
from app.core.i18n import _, lazy
from app.listings.enums import Kind
from app.listings.models import Listing

S = Status
# What the message to a group says in the place of each person’s own words.
FIRST_NAME, TITLE = "[prénom]", "[annonce]"
# What each change says to the person, in the first line.
HEADINGS = {
    S.CONTACTED: lazy("L’équipe a cherché à vous joindre, ou vous a parlé."),
    S.MEETING: lazy("On vous propose une rencontre."),
    S.TRIAL: lazy("On vous propose un essai."),
    S.HIRED: lazy("C’est oui\u00a0!"),
    S.DECLINED: lazy("La réponse est non, cette fois."),
    S.WITHDRAWN: lazy("Votre candidature est retirée."),
    S.POOL: lazy("C’est noté\u00a0: la structure garde votre contact."),
    S.CLOSED_ELSEWHERE: lazy("Cette annonce est terminée."),
    S.EXPIRED_NO_ANSWER: lazy("La structure ne vous a pas répondu."),
    S.ADMITTED: lazy("Vous êtes admis·e\u00a0!"),
    S.WAITLISTED: lazy("Vous êtes sur la liste d’attente."),
    S.OFFERED: lazy("Une place est libre pour vous."),
    S.REFUSED: lazy("La réponse est non, cette fois."),
    S.ENROLLED: lazy("Votre entrée en formation est notée."),
    S.REGISTERED: lazy("Une place s’est libérée\u00a0: vous êtes inscrit·e."),
    S.CANCELLED: lazy("Votre inscription est annulée."),
}
DROPPED = lazy("La structure ne nous a pas dit la suite.")


def follow_url(application: Application, base_url: str) -> str:
    """Return the link by which the person follows her application. Opening it changes nothing."""
    return _page_url(application, base_url)


def _page_url(application: Application, base_url: str, page: str = "") -> str:
    token = keys.link_token(application.link_salt)
    return f"{base_url}/candidature/{application.reference}{page}?cle={token}"


def decline_message(reason: DeclineReason, application: Application) -> str:
    """Return the ready, kind message that goes with a reason, to be changed before it leaves."""
    words = DECLINE_MESSAGES[reason]
    if reason is DeclineReason.DIPLOMA and application.diploma_held == DiplomaHeld.YES:
        words = OTHER_DIPLOMA
    words = _filled(words, application.listing.title, [application.listing])
    greeting = _("Bonjour %(name)s,", name=application.first_name)
    return "\n\n".join([greeting, words, _("Bonne continuation.")])


def _filled(words: str, title: str, listings: Sequence[Listing]) -> str:
    routes = set.intersection(*(_routes(one) for one in listings)) if listings else set()
    ways = {
        (True, True): _(
            "Il se prépare aussi en travaillant, ou par la validation de l’expérience."
        ),
        (True, False): _("Il se prépare aussi en travaillant, par l’apprentissage."),
        (False, True): _("Il s’obtient aussi par la validation de l’expérience."),
    }.get(("apprentissage" in routes, "VAE" in routes), "")
    return str(words).format(title=title, ways=f" {ways}" if ways else "")


def _routes(listing: Listing) -> set[str]:
    """Return the ways to the diploma that a job asks for, as the reference of professions says."""
    if listing.kind != Kind.JOB:
        return set()
    diplomas = [listing.diploma] if listing.diploma else []
    if not diplomas and listing.profession is not None:
        diplomas = list(listing.profession.diplomas)
    routes = [set(one.data["access_routes"]) for one in diplomas]
    return set.intersection(*routes) if routes else set()


def letter_message(letter: Letter, application: Application, now: dt.datetime) -> str:
    """Return the ready message about something, to be changed before it leaves."""
    first, second, third = (date_with_weekday(day) for day in _next_days(now))
    words = str(LETTER_MESSAGES[letter]).format(
        title=application.listing.title, first=first, second=second, third=third
    )
    greeting = _("Bonjour %(name)s,", name=application.first_name)
    return "\n\n".join([greeting, words, _("À bientôt.")])


def _next_days(now: dt.datetime) -> list[dt.date]:
    """Return the next three days of the week on which people work, from tomorrow on."""
    days = (paris_date(now) + dt.timedelta(days=number) for number in range(1, 8))
    return [day for day in days if day.weekday() < 5][:3]


def closing_message(reason: DeclineReason, listing: Listing) -> str:
    """Return the same for all those to whom the closing of a listing says no."""
    words = _filled(DECLINE_MESSAGES[reason], listing.title, [listing])
    return "\n\n".join([_("Bonjour,"), words, _("Bonne continuation.")])


def group_message(reason: DeclineReason, people: Sequence[Application]) -> str:
    """Return the same for several people: what is each one's own is filled in as it leaves."""
    titles = {one.listing.title for one in people}
    title = titles.pop() if len(titles) == 1 else TITLE
    words = _filled(DECLINE_MESSAGES[reason], title, [one.listing for one in people])
    return "\n\n".join([_("Bonjour %(name)s,", name=FIRST_NAME), words, _("Bonne continuation.")])


def received(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the receipt, or None for a person without e-mail."""
    if application.email is None:
        return None
    return mail.render(
        "applications/received",
        to=application.email,
        message_id=f"application-received-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        promise=progress.promise(application),
        is_event=workflow.family_of(application.listing.kind) is workflow.Family.EVENT,
        waitlisted=application.status == S.WAITLISTED,
        session_at=progress.when(application.session.starts_at) if application.session else "",
        url=follow_url(application, base_url),
    )


def moved(
    application: Application, event: ApplicationEvent, event_id: int, base_url: str
) -> mail.Message | None:
    """Return the message about one change, or None for a person without e-mail."""
    if application.email is None:
        return None
    to = S(event.to_status)
    if to is S.OFFERED:
        return _offered(application, event_id, base_url)
    heading, next_sentence = _heading(application, event)
    return mail.render(
        "applications/moved",
        to=application.email,
        message_id=f"application-moved-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        heading=heading,
        next_sentence=next_sentence,
        unanswered=to is S.EXPIRED_NO_ANSWER,
        words=application.decline_message if to in workflow.NEEDS_REASON else "",
        asks=to in workflow.NEEDS_REASON
        and application.pool_asked_at is not None
        and application.pool_refused_at is None,
        session_at=progress.when(application.session.starts_at)
        if application.session and to in {S.REGISTERED, S.CANCELLED}
        else "",
        url=follow_url(application, base_url),
    )


def _offered(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the offer of a seat, or None when it was answered or taken back since."""
    session = application.session
    if application.email is None or application.status != S.OFFERED or session is None:
        return None
    return mail.render(
        "applications/seat_offered",
        to=application.email,
        message_id=f"application-moved-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        session_on=date_long(session.starts_at),
        until=progress.until(application),
        url=_page_url(application, base_url, "/place"),
    )


def date_near(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the reminder of a date that comes, or None without an e-mail."""
    session = application.session
    if application.email is None or session is None:
        return None
    return mail.render(
        "applications/date_near",
        to=application.email,
        message_id=f"application-date-near-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        session_at=progress.when(session.starts_at),
        ends=time_short(session.ends_at) if session.ends_at else "",
        url=follow_url(application, base_url),
        cancel_url=_page_url(application, base_url, "/retirer"),
    )


def thanked(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the thanks to who came, with the way to what may follow, or None without an e-mail."""
    if application.email is None:
        return None
    return mail.render(
        "applications/thanked",
        to=application.email,
        message_id=f"application-thanked-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        url=follow_url(application, base_url),
    )


def date_moved(
    application: Application, was: dt.datetime, event_id: int, base_url: str
) -> mail.Message | None:
    """Return the message that says that a date has changed, or None without an e-mail."""
    session = application.session
    if application.email is None or session is None:
        return None
    timed = application.listing.kind in {Kind.EVENT, Kind.IMMERSION}
    written = progress.when if timed else date_long
    return mail.render(
        "applications/date_moved",
        to=application.email,
        message_id=f"application-date-moved-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        before=written(was),
        after=written(session.starts_at),
        is_event=application.listing.kind == Kind.EVENT,
        url=follow_url(application, base_url),
        cancel_url=_page_url(application, base_url, "/retirer"),
    )


def listing_closed(
    application: Application, words: progress.Closing, event_id: int, base_url: str
) -> mail.Message | None:
    """Return the message that says that the listing is over, or None without an e-mail."""
    if application.email is None:
        return None
    return mail.render(
        "applications/listing_closed",
        to=application.email,
        message_id=f"application-listing-closed-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        words=words,
        url=follow_url(application, base_url),
    )


def written(message: ApplicationMessage, event_id: int, base_url: str) -> mail.Message | None:
    """Return what a member wrote to the person, or None without an e-mail."""
    application = message.application
    url = follow_url(application, base_url)
    return _to_person(
        application,
        "written",
        event_id,
        base_url,
        message=message,
        heading=str(LETTER_LABELS[Letter(message.letter)]),
        meeting=progress.when(message.meeting_at) if message.meeting_at else "",
        calendar_url=url.replace("?", "/rencontre.ics?"),
        proposed_url=f"{base_url}{message.listing.path}" if message.listing else "",
    )


def transferred(transfer: ApplicationTransfer, event_id: int, base_url: str) -> mail.Message | None:
    """Return the message that says which team has the application now."""
    return _to_person(transfer.application, "transferred", event_id, base_url, transfer=transfer)


def pool_asked(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the question whether the contact may be kept."""
    return _to_person(application, "pool_asked", event_id, base_url)


def pool_ends(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the notice that the contact is about to be erased."""
    return _to_person(application, "pool_ends", event_id, base_url, until=application.pool_until)


def file_blocked(application: Application, event_id: int, base_url: str) -> mail.Message | None:
    """Return the message that says that the file was not handed over."""
    return _to_person(application, "file_blocked", event_id, base_url)


def _to_person(
    application: Application, name: str, event_id: int, base_url: str, **context: object
) -> mail.Message | None:
    if application.email is None:
        return None
    return mail.render(
        f"applications/{name}",
        to=application.email,
        message_id=f"application-{name.replace('_', '-')}-{event_id}",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        url=follow_url(application, base_url),
        **context,
    )


def _heading(application: Application, event: ApplicationEvent) -> tuple[str, str]:
    """Return what a change says to the person, and what comes next."""
    to, session = S(event.to_status), application.session
    if progress.was_dropped(event):
        return str(DROPPED), str(progress.AFTER_DROPPED)
    if to is S.WAITLISTED and progress.let_pass(event):
        return _("Le délai pour prendre la place est passé."), str(progress.AFTER_OFFER)
    if to is S.CLOSED_ELSEWHERE and session is not None and session.starts_at <= event.at:
        return _("Votre date a commencé sans qu’une place se libère."), str(progress.AFTER_DATE)
    if to is not S.CANCELLED or event.actor_kind != ActorKind.SYSTEM:
        return str(HEADINGS[to]), str(progress.NEXT[to])
    others = _("D’autres rendez-vous sont ouverts sur le site.")
    if session is not None and session.starts_at <= event.at:
        return _("Le rendez-vous est passé sans qu’une place se libère pour vous."), others
    return _("Le rendez-vous est annulé\u00a0: ne venez pas."), others
