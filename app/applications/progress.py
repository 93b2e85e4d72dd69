"""Where an application is, in words for the person who sent it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from flask_babel import format_date

from app.applications import callback
from app.applications.enums import ActorKind, CallBack, Status
from app.applications.models import Application, ApplicationEvent, ApplicationMessage
from app.applications.workflow import IN_TOUCH, WAITING, Family, family_of
from app.core.clock import paris_date
from app.core.filters import NBSP, date_short, date_with_weekday, time_short
from app.core.i18n import _, lazy, plural
from app.listings.enums import Kind, Outcome
from app.listings.models import Listing, ListingSession


class Step(NamedTuple):
    """A step of the thread, as components/thread.html shows it."""

    title: str
    text: str = ""
    state: str = "next"
    time: str = ""
    tag: str = ""


S = Status
# Titles of what has happened, told to the person.
DONE = {
    S.RECEIVED: lazy("Envoyée"),
    S.SEEN: lazy("Lue par l’équipe"),
    S.CONTACTED: lazy("Premier contact"),
    S.MEETING: lazy("Rencontre proposée"),
    S.TRIAL: lazy("Essai proposé"),
    S.HIRED: lazy("Réponse\u00a0: c’est oui"),
    S.DECLINED: lazy("Réponse\u00a0: c’est non cette fois"),
    S.WITHDRAWN: lazy("Retirée par vous"),
    S.POOL: lazy("Contact gardé, avec votre accord"),
    S.CLOSED_ELSEWHERE: lazy("Terminée"),
    S.EXPIRED_NO_ANSWER: lazy("Sans réponse de la structure"),
    S.ADMITTED: lazy("Réponse\u00a0: vous êtes admis·e"),
    S.WAITLISTED: lazy("Sur la liste d’attente"),
    S.OFFERED: lazy("Une place vous est proposée"),
    S.REFUSED: lazy("Réponse\u00a0: c’est non cette fois"),
    S.ENROLLED: lazy("Entrée en formation"),
    S.REGISTERED: lazy("Inscription confirmée"),
    S.ATTENDED: lazy("Vous êtes venu·e"),
    S.ABSENT: lazy("Vous n’êtes pas venu·e"),
    S.CANCELLED: lazy("Inscription annulée"),
}
# What happens next, in one sentence.
NEXT = {
    S.RECEIVED: lazy("L’équipe va lire votre demande, puis vous contacter."),
    S.SEEN: lazy("L’équipe a lu votre demande. Elle va vous contacter."),
    S.CONTACTED: lazy("Vous convenez de la suite ensemble\u00a0: une rencontre, ou une réponse."),
    S.MEETING: lazy("Vous choisissez la date avec l’équipe."),
    S.TRIAL: lazy("Vous essayez, puis chacun dit ce qu’il en pense."),
    S.HIRED: lazy("C’est oui. L’équipe vous dit comment commencer."),
    S.DECLINED: lazy("D’autres annonces sont ouvertes aujourd’hui."),
    S.WITHDRAWN: lazy("Rien de plus\u00a0: votre CV et votre message sont effacés."),
    S.POOL: lazy(
        "La structure peut vous proposer d’autres annonces. Vous choisissez d’y répondre."
    ),
    S.CLOSED_ELSEWHERE: lazy("Cette annonce est terminée. D’autres sont ouvertes aujourd’hui."),
    S.EXPIRED_NO_ANSWER: lazy(
        "La structure n’a pas répondu. Ce n’est pas de votre fait. D’autres annonces sont ouvertes."
    ),
    S.ADMITTED: lazy("Une place vous attend. L’équipe vous dit comment vous inscrire."),
    S.WAITLISTED: lazy("Nous vous prévenons dès qu’une place se libère, si vous avez un e-mail."),
    S.OFFERED: lazy("Une place est gardée pour vous. Dites si vous la prenez."),
    S.REFUSED: lazy("D’autres formations sont ouvertes aujourd’hui."),
    S.ENROLLED: lazy("Bonne formation\u00a0!"),
    S.REGISTERED: lazy(
        "Venez directement. Si vous ne pouvez pas, annulez\u00a0: une place se libère."
    ),
    S.ATTENDED: lazy("Merci d’être venu·e."),
    S.ABSENT: lazy("D’autres rendez-vous sont proposés."),
    S.CANCELLED: lazy("Votre place est libérée."),
}
# They had spoken, then nothing: it would be false to say that the organisation never answered.
DROPPED = lazy("Sans suite connue")
AFTER_DROPPED = lazy(
    "Vous vous êtes parlé, mais la structure ne nous a pas dit la suite. Si un rendez-vous est "
    "prévu, il tient toujours. Sinon, d’autres annonces sont ouvertes."
)
# She let an offer pass: the next seats are not proposed to her, the school may still choose her.
AFTER_OFFER = lazy(
    "Une place vous a été proposée, puis le délai est passé\u00a0: elle va à la personne suivante. "
    "Vous restez sur la liste. Si vous voulez encore venir, dites-le à l’équipe."
)
AFTER_DATE = lazy(
    "Votre date a commencé\u00a0: cette liste d’attente est finie. D’autres dates et d’autres "
    "annonces sont ouvertes. Pour une autre date de cette annonce, retirez d’abord cette demande."
)
_RANK = {S.RECEIVED: 1, S.SEEN: 2, S.CONTACTED: 3, S.MEETING: 3, S.TRIAL: 3}
_RANK |= {S.WAITLISTED: 4, S.OFFERED: 4}


def when(instant: dt.datetime) -> str:
    """Write « mercredi 25 novembre, 10 h 42 », Paris time."""
    return f"{date_with_weekday(instant)}, {time_short(instant)}"


def _dated(instant: dt.datetime) -> str:
    """Write an instant where a line begins with it."""
    text = when(instant)
    return text[:1].upper() + text[1:]


def short(instant: dt.datetime, now: dt.datetime) -> str:
    """Write « aujourd’hui, 10 h 42 », « hier, 18 h 05 », « ven. 20 nov., 9 h »."""
    names = {0: _("aujourd’hui"), 1: _("hier"), -1: _("demain")}
    date = names.get(days_ago(instant, now))
    date = date or format_date(paris_date(instant), "EEE d MMM").replace(" ", NBSP)
    return f"{date}, {time_short(instant)}"


def days_ago(instant: dt.datetime, now: dt.datetime) -> int:
    """Return the number of Paris days from an instant to another, 0 on the same day."""
    return (paris_date(now) - paris_date(instant)).days


def lateness(due: dt.datetime, now: dt.datetime) -> str:
    """Write « 3 h », « un jour », « 4 jours »: how long a promise has been broken."""
    hours = int((now - due).total_seconds() // 3600)
    if hours < 1:
        return _("moins d’une heure")
    if hours < 24:
        return f"{hours}{NBSP}h"
    return plural("un jour", "%(num)d\u00a0jours", hours // 24)


def steps(application: Application) -> list[Step]:
    """Return the thread: what has happened with its dates, where it is, what comes next."""
    if family_of(application.listing.kind) is Family.EVENT:
        return _event_steps(application)
    rank = _RANK.get(S(application.status))
    if rank is None:
        return _past(application)
    dates = {event.to_status: event.at for event in application.events}
    # A message is a contact as much as a call.
    contact = min((dates[one] for one in IN_TOUCH if one in dates), default=None)
    read = rank > _RANK[S.RECEIVED]
    ways = [
        Step(str(DONE[S.RECEIVED]), time=_dated(application.created_at)),
        Step(
            str(DONE[S.SEEN]) if read else _("À lire par l’équipe"),
            time=_dated(dates[S.SEEN]) if S.SEEN in dates else "",
        ),
        Step(
            str(DONE[S.CONTACTED]) if contact else _call_title(application),
            text="" if contact else promise(application),
            time=_dated(contact) if contact else "",
        ),
        _meeting(application),
        Step(_("Une réponse claire"), text=_("Oui ou non, avec la raison.")),
    ]
    if application.status in {S.WAITLISTED, S.OFFERED}:
        ways[4] = Step(str(DONE[S(application.status)]), text=next_sentence(application))
    states = ["done"] * rank + ["now"] + ["next"] * 4
    return [
        step._replace(state=state, tag=_("Étape en cours") if state == "now" else "")
        for step, state in zip(ways, states, strict=False)
    ]


def _past(application: Application) -> list[Step]:
    return [
        Step(
            str(DROPPED if was_dropped(event) else DONE[S(event.to_status)]),
            state="done",
            time=_dated(event.at),
        )
        for event in application.events
    ]


def was_dropped(event: ApplicationEvent) -> bool:
    """Return whether a change ended a conversation, rather than a silence."""
    return event.to_status == S.EXPIRED_NO_ANSWER and event.from_status in IN_TOUCH


def next_sentence(application: Application) -> str:
    """Return what happens now, in one sentence."""
    last = application.events[-1] if application.events else None
    if last is not None and was_dropped(last):
        return str(AFTER_DROPPED)
    if application.status == S.WAITLISTED and last is not None and let_pass(last):
        return str(AFTER_OFFER)
    if application.status == S.CLOSED_ELSEWHERE and has_begun(application):
        return str(AFTER_DATE)
    if application.offer_until is not None:
        return _("Une place est gardée pour vous jusqu’au %(when)s.", when=until(application))
    if application.status in {S.MEETING, S.TRIAL} and (proposed := last_meeting(application)):
        return _next_of_meeting(proposed)
    return str(NEXT[S(application.status)])


def _next_of_meeting(proposed: ApplicationMessage) -> str:
    if proposed.coming:
        return _("L’équipe vous attend. Ensuite, une réponse claire\u00a0: oui ou non.")
    if proposed.coming is False:
        return _("L’équipe sait que cette date ne vous va pas. Elle va vous en proposer une autre.")
    return _("Une date vous est proposée\u00a0: dites si vous venez, dans le message plus haut.")


def has_begun(application: Application) -> bool:
    """Return whether the date of the person had begun when her application last changed."""
    session = application.session
    return session is not None and session.starts_at <= application.updated_at


def let_pass(event: ApplicationEvent) -> bool:
    """Return whether the event is the end of an offer that nobody answered in time."""
    return event.from_status == S.OFFERED and event.actor_kind == ActorKind.SYSTEM


def until(application: Application) -> str:
    """Return « mercredi 25 novembre, 10 h 42 »: until when the seat proposed is kept."""
    return when(application.offer_until) if application.offer_until else ""


def _event_steps(application: Application) -> list[Step]:
    past = _past(application)
    if application.status not in {S.REGISTERED, S.WAITLISTED}:
        return past
    if application.status == S.WAITLISTED:
        past[-1] = past[-1]._replace(
            text=str(NEXT[S.WAITLISTED]), state="now", tag=_("Étape en cours")
        )
    session = application.session
    date = _dated(session.starts_at) if session else ""
    state = "now" if application.status == S.REGISTERED else "next"
    return [*past, Step(_("Le rendez-vous"), time=date, state=state)]


def _call_title(application: Application) -> str:
    if application.phone is None:
        return _("Une réponse par e-mail")
    if application.call_back == CallBack.ANY:
        return _("Un appel")
    return _("Un appel, %(slot)s", slot=callback.words(application.call_back).lower())


def last_meeting(application: Application) -> ApplicationMessage | None:
    """Return the last meeting that was proposed with a date, or None."""
    met = [one for one in application.messages if one.meeting_at is not None]
    return met[-1] if met else None


def _meeting(application: Application) -> Step:
    proposed = last_meeting(application)
    if proposed is None or proposed.meeting_at is None:
        return Step(_meeting_title(application), text=_("Vous choisissez la date ensemble."))
    text = proposed.meeting_place or ""
    if proposed.coming is False:
        text = _("Cette date ne vous va pas\u00a0: l’équipe peut en proposer une autre.")
    return Step(_meeting_title(application), text=text, time=_dated(proposed.meeting_at))


def _meeting_title(application: Application) -> str:
    if application.status == S.TRIAL:
        return _("Un essai")
    training = family_of(application.listing.kind) is Family.TRAINING
    return _("Un entretien") if training else _("Une visite, une rencontre")


def promise(application: Application) -> str:
    """Return « Avant mercredi 25 novembre, 10 h 42. », or an empty text without a promise."""
    if application.answer_due_at is None:
        return ""
    return _("Avant %(when)s.", when=when(application.answer_due_at))


def session_date(session: ListingSession) -> str:
    """Write « mercredi 25 novembre, 9 h », « du 3 décembre au 14 décembre », after its label."""
    start, end = session.starts_at, session.ends_at
    if end is not None and paris_date(end) != paris_date(start):
        date = _("du %(start)s au %(end)s", start=date_short(start), end=date_short(end))
    else:
        date = when(start)
    return f"{session.label}, {date}" if session.label else date


def session_label(session: ListingSession) -> str:
    """Write one of the dates to choose from, with its seats when they are counted."""
    date, left = session_date(session), session.seats_left
    if left is None:
        return date
    if left <= 0:
        return _("%(date)s (complet\u00a0: liste d’attente)", date=date)
    seats = plural("il reste une place", "il reste %(num)d\u00a0places", left)
    return f"{date} ({seats})"


class Closing(NamedTuple):
    """That a listing is over, and what it means for the person: two sentences, maybe a third."""

    heading: str
    follows: str
    advice: str


def closing(application: Application, now: dt.datetime, *, by_team: bool) -> Closing:
    """Return what to say to a person whose listing has closed before she had an answer."""
    listing = application.listing
    if by_team:
        return Closing(
            _("Notre équipe a retiré cette annonce."),
            _("Vous n’avez rien à faire."),
            _(
                "Si on vous demande de l’argent ou des papiers pour cette annonce, n’envoyez "
                "rien et prévenez-nous."
            ),
        )
    return Closing(
        _closing_heading(listing),
        _closing_follows(application, now),
        _("Sans attendre, vous pouvez répondre à d’autres annonces.")
        if application.status in WAITING
        else "",
    )


def _closing_heading(listing: Listing) -> str:
    if listing.outcome == Outcome.WITHDRAWN:
        return _("La structure a retiré cette annonce.")
    if listing.outcome == Outcome.EXPIRED:
        if not listing.has_end:
            return _(
                "Cette annonce est close\u00a0: la structure n’a pas dit si elle est toujours "
                "vraie."
            )
        return _("La date limite pour répondre à cette annonce est passée.")
    if listing.kind in {Kind.TRAINING, Kind.EVENT}:
        return _("Les inscriptions sont closes.")
    if listing.outcome == Outcome.FILLED:
        return _("Cette annonce est close\u00a0: la structure a trouvé quelqu’un.")
    return _("Cette annonce est close\u00a0: la structure a arrêté de chercher.")


def _closing_follows(application: Application, now: dt.datetime) -> str:
    due = application.answer_due_at
    if application.status == S.WAITLISTED and application.listing.outcome != Outcome.WITHDRAWN:
        return _("Vous restez sur la liste d’attente, au cas où une place se libère.")
    if application.status not in WAITING | {S.WAITLISTED}:
        return _("Vous êtes déjà en contact avec elle\u00a0: demandez-lui ce qui change pour vous.")
    if due is not None and due > now:
        return _(
            "Votre demande reste ouverte\u00a0: la structure s’est engagée à vous répondre "
            "avant %(when)s.",
            when=when(due),
        )
    return _("Votre demande reste ouverte\u00a0: la structure vous doit encore un oui ou un non.")


def employer(application: Application) -> str:
    """Return who received the application, as the listing names it."""
    listing = application.listing
    return listing.employer_name or (listing.organisation.name if listing.organisation else "")
