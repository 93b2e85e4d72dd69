"""The ready words of a no, and when the reason contradicts what the person said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.applications.enums import DECLINE_MESSAGES, DeclineReason, DiplomaHeld
from app.applications.models import Application
from app.core.i18n import _, plural
from app.listings.enums import Kind
from app.listings.models import Listing
from app.professions import queries as professions

# What the message to a group says in the place of each person’s own words.
FIRST_NAME, TITLE = "[prénom]", "[annonce]"
_WORKING = frozenset({"apprentissage", "formation en emploi"})
_EXPERIENCE = "VAE"


def decline_message(reason: DeclineReason, application: Application) -> str:
    """Return the ready, kind message that goes with a reason, to be changed before it leaves."""
    listing = application.listing
    words = ready_words(reason, listing.title, [listing], [application.diploma_held])
    greeting = _("Bonjour %(name)s,", name=application.first_name)
    return "\n\n".join([greeting, words, _("Bonne continuation.")])


def closing_message(reason: DeclineReason, listing: Listing) -> str:
    """Return the same for all those to whom the closing of a listing says no."""
    words = ready_words(reason, listing.title, [listing])
    return "\n\n".join([_("Bonjour,"), words, _("Bonne continuation.")])


def group_message(reason: DeclineReason, people: Sequence[Application]) -> str:
    """Return the same for several people: what is each one's own is filled in as it leaves."""
    titles = {one.listing.title for one in people}
    words = ready_words(
        reason,
        titles.pop() if len(titles) == 1 else TITLE,
        [one.listing for one in people],
        [one.diploma_held for one in people],
    )
    return "\n\n".join([_("Bonjour %(name)s,", name=FIRST_NAME), words, _("Bonne continuation.")])


def ready_words(
    reason: DeclineReason,
    title: str,
    listings: Iterable[Listing],
    said: Iterable[str | None] = (None,),
) -> str:
    """Return what goes between the greeting and the farewell.

    `listings`: what the people answered; only the ways that hold for all of them are told.
    `said`: what they answered about the diploma, one value each.
    """
    words = str(DECLINE_MESSAGES[reason])
    if reason is DeclineReason.DIPLOMA:
        words = words.replace("{lack}", _lack(set(said))).replace("{ways}", _ways(listings))
    return words.format(title=title)


def _lack(said: set[str | None]) -> str:
    if said == {DiplomaHeld.NO}:
        return _("Il faut ici un diplôme que vous n’avez pas encore.")
    if said == {DiplomaHeld.IN_PROGRESS}:
        return _("Il faut ici un diplôme déjà obtenu\u00a0; le vôtre est en cours.")
    return _("Il faut ici un diplôme que nous n’avons pas trouvé dans votre demande.")


def _ways(listings: Iterable[Listing]) -> str:
    """Return how the diploma is prepared, a sentence and a space; nothing when nobody knows."""
    known = [_routes(listing) for listing in listings]
    if not known or not all(known):
        return ""
    routes = frozenset.intersection(*known)
    if _EXPERIENCE not in routes:
        working = _("Il se prépare en formation, ou en apprentissage.")
        return f"{working if routes & _WORKING else _('Il se prépare en formation.')} "
    working = _(
        "Il se prépare aussi en travaillant, ou s’obtient par la validation de l’expérience (VAE)."
    )
    alone = _("Il se prépare en formation, ou s’obtient par la validation de l’expérience (VAE).")
    return f"{working if routes & _WORKING else alone} "


def _routes(listing: Listing) -> frozenset[str]:
    """Return the ways to the diploma that a job asks for, as the reference base lists them."""
    profession = professions.profession_by_id(listing.profession_id or 0)
    # What a training or an internship names is the diploma it prepares, not the one that lacks.
    if listing.kind != Kind.JOB or profession is None:
        return frozenset()
    return frozenset(
        route
        for diploma in professions.diplomas()
        if profession.slug in diploma.professions and listing.diploma_id in (None, diploma.id)
        for route in diploma.data["access_routes"] or ()
    )


def contradicts(reason: str, application: Application) -> bool:
    """Return whether the person has said the opposite of that reason."""
    return reason == DeclineReason.DIPLOMA and application.diploma_held == DiplomaHeld.YES


def said_of_reasons(people: Sequence[Application]) -> dict[str, str]:
    """Return, beside a reason, that some of those who would be given it said the opposite."""
    number = sum(contradicts(DeclineReason.DIPLOMA, one) for one in people)
    if not number:
        return {}
    alone = len(people) == 1
    said = plural(
        "Une personne a répondu qu’elle a le diplôme de ce métier.",
        "%(num)d personnes ont répondu qu’elles ont le diplôme de ce métier.",
        number,
    )
    return {
        DeclineReason.DIPLOMA: _("Cette personne a répondu qu’elle a le diplôme de ce métier.")
        if alone
        else said
    }
