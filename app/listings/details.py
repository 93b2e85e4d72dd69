"""What the page of a listing says, in words ready to be shown. Nothing is invented: a fact that
is not known is left out, save the pay, whose absence is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from app.core.clock import paris_date
from app.core.filters import date_long, date_short, date_with_weekday
from app.core.i18n import _, lazy, plural
from app.listings.cards import (
    contract_text,
    duration_text,
    hours_of,
    hours_text,
    pay_period_text,
    pay_text,
    promise_delay,
    promise_text,
    seats_text,
    source_name,
)
from app.listings.enums import (
    KIND_PARAMS,
    WITH_WAITING_LIST,
    Kind,
)
from app.listings.facts import Fact, facts_of, pay_line, sentence
from app.listings.models import Listing, ListingSession
from app.listings.workflow import last_day
from app.organisations.models import measure_of
from app.organisations.wording import measured_text
from app.professions.queries import profession_by_id, term_label

APPLY_LABELS = {
    Kind.JOB: lazy("Postuler en une minute"),
    Kind.TRAINING: lazy("Demander une place"),
    Kind.INTERNSHIP: lazy("Demander ce stage"),
    Kind.IMMERSION: lazy("Demander à venir"),
    Kind.PATH: lazy("Être rappelé·e"),
    Kind.EVENT: lazy("S’inscrire"),
}
DESCRIPTION_TITLES = {
    Kind.JOB: lazy("Ce que vous ferez"),
    Kind.TRAINING: lazy("La formation"),
    Kind.INTERNSHIP: lazy("Le stage"),
    Kind.IMMERSION: lazy("Ce que vous verrez"),
    Kind.PATH: lazy("Le parcours"),
    Kind.EVENT: lazy("Le programme"),
}
LIST_TITLES = {
    Kind.JOB: lazy("Emplois"),
    Kind.TRAINING: lazy("Formations"),
    Kind.INTERNSHIP: lazy("Stages"),
    Kind.IMMERSION: lazy("Immersions et visites"),
    Kind.PATH: lazy("Parcours d’évolution"),
    Kind.EVENT: lazy("Rendez-vous"),
}
SESSIONS_TITLES = {
    Kind.TRAINING: lazy("Les rentrées"),
    Kind.EVENT: lazy("Les dates"),
    Kind.INTERNSHIP: lazy("Les périodes"),
}


class Step(NamedTuple):
    """A step of the thread, as components/thread.html shows it."""

    title: str
    text: str = ""
    state: str = "next"
    time: str = ""
    tag: str = ""


class Seats(NamedTuple):
    """A date one can join. `meter`: how many of ten bars are filled, or None without a limit."""

    id: int
    title: str
    hours: str
    label: str
    seats: str
    meter: int | None
    full: bool
    deadline: str
    open: bool


@dataclass(frozen=True)
class Details:
    """All that the page of a listing shows besides its own texts."""

    facts: list[Fact]
    key_number: str
    key_text: str
    published: str
    time_left: str
    apply_label: str
    answer_url: str
    source: str
    sessions: list[Seats]
    sessions_title: str
    steps: list[Step]
    path: list[Step]
    explorer_url: str
    tasks_title: str
    tasks: tuple[str, ...]
    description_title: str
    promise: str
    measured: tuple[str, bool]
    funding: list[str]
    crumb: str
    search: dict[str, str]
    summary: str


def details_of(listing: Listing, now: dt.datetime) -> Details:
    """Return what the page shows of `listing` at `now`."""
    kind = Kind(listing.kind)
    sessions = [] if kind == Kind.JOB else _sessions(listing, now)
    tasks_title, tasks = _tasks(listing)
    number, text = _key(listing, sessions)
    place = listing.place_label
    return Details(
        facts=facts_of(listing),
        key_number=number,
        key_text=text,
        published=date_long(listing.published_at) if listing.published_at else "",
        time_left=_time_left(listing, now),
        apply_label=str(APPLY_LABELS[kind]),
        answer_url=answer_url(listing),
        source=source_name(listing.source),
        sessions=sessions,
        sessions_title=str(SESSIONS_TITLES.get(kind, _("Les dates possibles"))),
        steps=_steps(listing),
        path=_path(listing),
        explorer_url=_explorer_url(listing),
        tasks_title=tasks_title,
        tasks=tasks,
        description_title=str(DESCRIPTION_TITLES[kind]),
        promise=_promise(listing),
        measured=_measured(listing),
        funding=[term_label("funding", slug) for slug in listing.funding],
        crumb=_("%(what)s à %(place)s", what=LIST_TITLES[kind], place=place)
        if listing.commune
        else str(LIST_TITLES[kind]),
        search={"type": KIND_PARAMS[kind]}
        | ({"ou": listing.commune.label} if listing.commune else {}),
        summary=summary_of(listing),
    )


def answer_url(listing: Listing) -> str:
    """Return where one answers: on this site, or where the listing comes from; empty if unknown."""
    if listing.answered_here:
        return f"{listing.path}/candidater"
    url = listing.source_url or ""
    return url if url.startswith(("https://", "http://")) else ""


def summary_of(listing: Listing) -> str:
    """Return one sentence for search engines: what, who, where, pay."""
    parts = [
        listing.title,
        listing.employer_name,
        listing.place_label,
        contract_text(term_label, listing.contract, listing.contract_months),
        pay_line(listing),
    ]
    return ", ".join(part for part in parts if part) + "."


def _key(listing: Listing, sessions: list[Seats]) -> tuple[str, str]:
    """Return what the card with the main button says first: pay, seats or duration."""
    if listing.kind == Kind.JOB:
        amount = pay_text(listing.pay_min_cents, listing.pay_max_cents)
        if not amount:
            return "", listing.pay_label or _("Salaire non indiqué par l’employeur")
        parts = (
            pay_period_text(listing.pay_period),
            hours_text(listing.hours_min, listing.hours_max),
        )
        return amount, ", ".join(part for part in parts if part)
    joinable = [session for session in sessions if session.open]
    if joinable:
        best = next((session for session in joinable if not session.full), joinable[0])
        return best.seats or best.title, " ".join(
            (best.title if best.seats else "", best.hours)
        ).strip()
    text = duration_text(listing.duration_label, listing.duration_months, listing.duration_hours)
    return text, ""


def _time_left(listing: Listing, now: dt.datetime) -> str:
    if listing.deadline is None or listing.closes_at is None:
        return ""
    days = (last_day(listing.closes_at) - paris_date(now)).days
    if days < 0:
        return ""
    if days == 0:
        return _("dernier jour")
    return plural("encore %(num)d\u00a0jour", "encore %(num)d\u00a0jours", days)


def _promise(listing: Listing) -> str:
    organisation = listing.organisation
    if not listing.answered_here or organisation is None or listing.kind == Kind.EVENT:
        return ""
    return promise_text(organisation.promise_hours)


def _measured(listing: Listing) -> tuple[str, bool]:
    """Return how the organisation really answers, and whether it does well."""
    measured = measure_of(listing.organisation) if _promise(listing) else None
    return (measured_text(*measured), measured.good) if measured else ("", False)


def _sessions(listing: Listing, now: dt.datetime) -> list[Seats]:
    return [
        _seats(session, now, Kind(listing.kind))
        for session in listing.sessions
        if session.starts_at > now
    ]


def _seats(session: ListingSession, now: dt.datetime, kind: Kind) -> Seats:
    timed = kind in {Kind.EVENT, Kind.IMMERSION}
    left, capacity = session.seats_left, session.capacity
    start, end = session.starts_at, session.ends_at
    if end is not None and paris_date(start) != paris_date(end):
        hours = _("jusqu’au %(day)s", day=date_long(end))
    else:
        hours = hours_of(start, end) if timed else ""
    return Seats(
        id=session.id,
        title=sentence(date_with_weekday(start)) if timed else date_long(start),
        hours=hours,
        label=session.label,
        seats=_(
            "%(seats)s sur %(total)d", seats=seats_text(capacity, session.taken), total=capacity
        )
        if capacity and left
        else seats_text(capacity, session.taken),
        meter=None if not capacity else -(-(left or 0) * 10 // capacity),
        full=left == 0,
        deadline=date_short(session.deadline) if session.deadline else "",
        open=(session.deadline is None or session.deadline >= paris_date(now))
        and (left != 0 or kind in WITH_WAITING_LIST),
    )


def _tasks(listing: Listing) -> tuple[str, tuple[str, ...]]:
    """Return the usual tasks of the profession, from the reference base, and their heading."""
    if listing.kind in {Kind.EVENT, Kind.TRAINING} or listing.profession_id is None:
        return "", ()
    profession = profession_by_id(listing.profession_id)
    if profession is None:
        return "", ()
    return _("Le métier en général\u00a0: %(profession)s", profession=profession.label), tuple(
        profession.data.get("typical_tasks", ())
    )


def _steps(listing: Listing) -> list[Step]:
    """Return how answering goes, as this site really does it."""
    if not listing.answered_here or listing.organisation is None:
        return []
    if listing.kind == Kind.EVENT:
        return []
    delay = promise_delay(listing.organisation.promise_hours)
    return [
        Step(
            _("Vous écrivez votre prénom"),
            _("Et un téléphone ou un e-mail. Une minute, sans compte ni CV."),
            "now",
        ),
        Step(
            _("On vous rappelle"),
            _("Délai annoncé\u00a0: %(delay)s, au moment choisi.", delay=delay),
        ),
        Step(_("Une réponse claire"), _("Oui ou non, avec la raison. Vous suivez tout en ligne.")),
    ]


def _path(listing: Listing) -> list[Step]:
    """Return the thread of a path: where one starts, how, where one arrives."""
    if listing.kind != Kind.PATH:
        return []
    start = profession_by_id(listing.from_profession_id) if listing.from_profession_id else None
    end = profession_by_id(listing.profession_id) if listing.profession_id else None
    time = duration_text(listing.duration_label, listing.duration_months, listing.duration_hours)
    steps = []
    if start is not None:
        steps.append(Step(start.label, start.summary, "now", tag=_("Point de départ")))
    if listing.diploma is not None:
        steps.append(Step(listing.diploma.label, time=time))
    elif time:
        steps.append(Step(_("Le parcours"), time=time))
    if end is not None:
        steps.append(Step(end.label, end.summary))
    return steps


def _explorer_url(listing: Listing) -> str:
    """Return the address of the explorer for the two ends of a path; empty for the rest."""
    end = profession_by_id(listing.profession_id) if listing.profession_id else None
    if listing.kind != Kind.PATH or end is None:
        return ""
    start = profession_by_id(listing.from_profession_id) if listing.from_profession_id else None
    return f"/evoluer?de={start.slug if start else 'debutant'}&vers={end.slug}"
