"""Sentences in French: why a way, and what to do when there is none."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping

from app.core import filters
from app.core.i18n import _, plural
from app.professions.pathways import choosing
from app.professions.pathways.base import Base
from app.professions.pathways.model import Situation, Wishes
from app.professions.pathways.walking import Move, Walk
from app.professions.queries import normalise

Limit = Callable[[Walk], bool]


def reasons(
    base: Base, situation: Situation, wishes: Wishes, walk: Walk, *, first: bool
) -> tuple[str, ...]:
    """Say why a way is proposed, and on what conditions."""
    said = [
        *_rank(wishes, walk, first),
        *(sentence for move in walk for sentence in _of_move(base, situation, move)),
        *_pay(base, walk),
        *_certainty(walk),
    ]
    return tuple(dict.fromkeys(said))


def _rank(wishes: Wishes, walk: Walk, first: bool) -> Iterable[str]:
    months = choosing.months_of(walk)
    if months is None:
        yield _("La durée de formation n’est pas connue : demandez-la à l’école.")
    elif first and wishes.target and wishes.order == "months" and months:
        yield _(
            "C’est le chemin le plus court que nous connaissons : %(months)s de formation.",
            months=_months(months),
        )
    hours = choosing.hours_of(walk)
    if first and wishes.target and wishes.order == "hours" and hours:
        yield _(
            "C’est le chemin qui demande le moins d’heures : %(hours)s h.",
            hours=_number(hours),
        )
    if first and wishes.target and wishes.order == "level":
        yield _("C’est le chemin qui demande le diplôme le moins élevé.")


def _of_move(base: Base, situation: Situation, move: Move) -> Iterable[str]:
    step, link = move.step, move.link
    if link.training == "none" and step.diploma is None and move.first:
        if situation.profession is None:
            yield _("Vous commencez à travailler tout de suite, sans diplôme.")
            if link.exceptional:
                yield _("Ce n’est pas la règle : le diplôme se prépare ensuite, en travaillant.")
        else:
            yield _("Aucun diplôme à préparer pour ce changement de métier.")
    if move.held or (step.diploma and link.training == "none"):
        yield _(
            "Vous avez déjà le diplôme demandé (%(diploma)s) : aucune formation à suivre.",
            diploma=diploma_name(base, step.diploma),
        )
    elif link.asks_bac:
        yield _bac(base, situation)
    if move.supposed:
        names = _either(diploma_name(base, slug) for slug in _ordered(base, move.supposed))
        yield _("Ce chemin suppose que vous avez déjà ce diplôme : %(names)s.", names=names)
    yield from _blocks(base, move)
    yield from _experience(base, situation, move)


def _bac(base: Base, situation: Situation) -> str:
    levels = [base.diplomas[slug].level or 0 for slug in situation.diplomas]
    if max(levels, default=0) >= 4:
        return _("Votre diplôme de niveau 4 ou plus peut remplacer le bac : à confirmer.")
    return _("Il faut le bac, ou une autre des conditions d’entrée citées plus bas.")


def _blocks(base: Base, move: Move) -> Iterable[str]:
    blocks = move.step.blocks
    if not move.given_by:
        return
    names = _either(diploma_name(base, slug) for slug in move.given_by)
    acquired = sum(block.status == "acquired" for block in blocks)
    shortened = sum(block.status == "shortened" for block in blocks)
    if acquired:
        yield plural(
            "Un bloc de la formation est déjà acquis grâce à votre diplôme ou titre (%(names)s).",
            "%(num)d blocs de la formation sont déjà acquis "
            "grâce à votre diplôme ou titre (%(names)s).",
            acquired,
            names=names,
        )
    if shortened:
        yield plural(
            "Un bloc est raccourci grâce à votre diplôme ou titre (%(names)s) ; "
            "l’épreuve reste à passer.",
            "%(num)d blocs sont raccourcis grâce à votre diplôme ou titre (%(names)s) ; "
            "les épreuves restent à passer.",
            shortened,
            names=names,
        )
    if any(block.status == "unknown" for block in blocks) or not blocks:
        yield _(
            "Votre diplôme ou titre (%(names)s) ouvre des équivalences ; "
            "leur volume reste à confirmer.",
            names=names,
        )


def _experience(base: Base, situation: Situation, move: Move) -> Iterable[str]:
    needed, what = move.link.experience_years, move.link.experience_for
    if not needed or move.held:
        return
    worked = situation.years if move.first else 0
    asked = plural("un an", "%(num)d ans", needed)
    missing = needed - worked if worked is not None else None
    if what == "exemption":
        done = missing is not None and missing <= 0
        yield (
            _("Votre ancienneté vous dispense de la sélection.")
            if done
            else _(
                "Avec %(asked)s d’ancienneté, vous êtes dispensé·e de la sélection.", asked=asked
            )
        )
    elif missing is None or (missing > 0 and not move.first):
        origin = base.professions[move.link.from_slug or ""].label
        yield (
            _(
                "Pour exercer, il faut aussi %(asked)s d’expérience : %(origin)s.",
                asked=asked,
                origin=origin,
            )
            if what == "exercise"
            else _(
                "Cette étape demande %(asked)s d’exercice du métier : %(origin)s.",
                asked=asked,
                origin=origin,
            )
        )
    elif missing > 0:
        wait = plural("dans un an", "dans %(num)d ans", missing)
        yield _(
            "Cette étape demande %(asked)s d’exercice : elle s’ouvre pour vous %(wait)s.",
            asked=asked,
            wait=wait,
        )
    else:
        yield _("Votre expérience remplit la condition : %(asked)s d’exercice.", asked=asked)


def _pay(base: Base, walk: Walk) -> Iterable[str]:
    paid = [slug for move in walk for slug in move.step.funding if slug in base.keeping_pay]
    if choosing.keeps_pay(walk) and paid:
        names = ", ".join(base.funding_labels[slug] for slug in dict.fromkeys(paid[:3]))
        yield _("Vous pouvez garder un salaire pendant la formation : %(names)s.", names=names)


def _certainty(walk: Walk) -> Iterable[str]:
    if not choosing.unverified(walk):
        yield _("Chaque étape a été vérifiée dans une source.")
    else:
        yield _("À confirmer : une étape au moins n’a pas pu être vérifiée.")


def no_move(base: Base, situation: Situation, wishes: Wishes) -> str:
    """No move of the base links the two professions: the ways of those who start are given."""
    return _(
        "Aucun passage connu de « %(origin)s » à « %(target)s ». "
        "Voici les chemins ouverts à tout le monde.",
        origin=_profession(base, situation.profession),
        target=_profession(base, wishes.target),
    )


def above_target(base: Base, held: Iterable[str], target: str) -> list[str]:
    """The person holds a diploma above those the profession asks for."""
    asked = [base.diplomas[slug].level for slug in base.required[target]]
    highest = max((level for level in asked if level is not None), default=None)
    above = [
        slug
        for slug in _ordered(base, held)
        if highest is not None
        and (base.diplomas[slug].level or 0) > highest
        and slug not in base.required[target]
    ]
    if not above:
        return []
    return [
        _(
            "Votre diplôme (%(names)s) est d’un niveau plus élevé que celui que ce métier demande. "
            "Demandez à l’école ce qu’il vous évite de refaire.",
            names=_either(diploma_name(base, slug) for slug in above),
        )
    ]


def too_early(base: Base, situation: Situation, walks: list[Walk]) -> list[str]:
    """A direct move asks for more years than the person has: say so, and how to do without."""
    if situation.years is None:
        return []
    for walk in walks:
        link = walk[0].link
        missing = (link.experience_years or 0) - situation.years
        if len(walk) == 1 and link.experience_for == "entry" and missing > 0:
            return [
                _(
                    "Le passage direct vers « %(target)s » demande %(asked)s d’exercice : "
                    "il vous manque %(missing)s.",
                    target=_profession(base, link.to_slug),
                    asked=plural("un an", "%(num)d ans", link.experience_years or 0),
                    missing=plural("un an", "%(num)d ans", missing),
                )
            ]
    return []


def nothing_within(
    base: Base, wishes: Wishes, walks: list[Walk], within: Mapping[str, Limit]
) -> str:
    """No way is within the limits: name the nearest one, and the limit to loosen."""
    key = choosing.rank(base, wishes)

    def broken(walk: Walk) -> list[str]:
        return [name for name, limit in within.items() if not limit(walk)]

    nearest = min(walks, key=lambda walk: (len(broken(walk)), key(walk)))
    ways = " → ".join(_profession(base, move.step.to_slug) for move in nearest)
    loosen = ", ".join(_limit(base, name, nearest) for name in broken(nearest))
    return _(
        "Aucun chemin ne respecte toutes vos limites. Le plus proche : %(ways)s. "
        "Il faudrait pour cela %(loosen)s.",
        ways=ways,
        loosen=loosen,
    )


def _limit(base: Base, name: str, walk: Walk) -> str:
    if name == "max_months":
        return _("accepter %(months)s de formation", months=_months(choosing.months_of(walk) or 0))
    if name == "max_level":
        levels = [base.diplomas[slug].level or 0 for slug in choosing.prepared(walk)]
        level = max([choosing.level_of(base, walk) or 0, *levels])
        return _("accepter un diplôme de niveau %(level)d", level=level)
    if name == "taught_near":
        return _("chercher une formation plus loin")
    return _("accepter une période sans salaire")


def nowhere(base: Base, situation: Situation, wishes: Wishes) -> str:
    """No way at all: say what is near."""
    if wishes.target is None:
        return _(
            "Nous ne connaissons pas encore de suite au métier « %(origin)s ». "
            "Métiers voisins à viser : %(names)s.",
            origin=_profession(base, situation.profession),
            names=", ".join(f"« {name} »" for name in _neighbours(base, situation)),
        )
    before = [
        link.from_slug
        for links in base.links.values()
        for link in links
        if link.to_slug == wishes.target and link.from_slug
    ]
    names = ", ".join(f"« {_profession(base, slug)} »" for slug in before[:3])
    if not names:
        return _(
            "Nous ne connaissons pas de chemin vers « %(target)s » en trois étapes.",
            target=_profession(base, wishes.target),
        )
    return _(
        "Nous ne connaissons pas de chemin vers « %(target)s » en trois étapes. "
        "On y vient le plus souvent depuis %(names)s : visez d’abord ce métier.",
        target=_profession(base, wishes.target),
        names=names,
    )


def _neighbours(base: Base, situation: Situation) -> list[str]:
    present = base.professions[situation.profession] if situation.profession else None
    others = [entry for entry in base.professions.values() if entry is not present]
    others.sort(key=lambda entry: present is None or entry.sector != present.sector)
    return [entry.label for entry in others[:3]]


def unknown_profession(base: Base, slug: str, *, start: bool) -> str:
    """The profession is not in the base: propose the nearest of its names."""
    names = {
        name.normalised: entry.label for entry in base.professions.values() for name in entry.names
    }
    close = difflib.get_close_matches(normalise(slug), names, n=1, cutoff=0.6)
    maybe = _(" Vouliez-vous dire « %(name)s » ?", name=names[close[0]]) if close else ""
    if start:
        text = _("Nous ne connaissons pas votre métier de départ : voici comment débuter.")
    else:
        text = _("Nous ne connaissons pas le métier visé : voici tous ceux que vous pouvez viser.")
    return text + maybe


def target_is_present(base: Base, slug: str) -> str:
    """The profession aimed at is the one the person has."""
    return _(
        "Vous exercez déjà ce métier : %(name)s. Voici où il peut vous mener.",
        name=_profession(base, slug),
    )


def unknown_diplomas(slugs: Iterable[str]) -> str:
    """Some of the diplomas are not in the base."""
    return _(
        "Nous n’avons pas tenu compte de ce que nous ne connaissons pas : %(names)s.",
        names=", ".join(sorted(slugs)),
    )


def former_diplomas(base: Base, slugs: Iterable[str]) -> list[str]:
    """Some of the diplomas are no longer given: what they open today was not read."""
    former = [slug for slug in _ordered(base, slugs) if base.diplomas[slug].data.get("obsolete")]
    return [
        _(
            "Ce diplôme n’est plus délivré : %(name)s. "
            "Demandez à l’école ce qu’il ouvre aujourd’hui.",
            name=base.diplomas[slug].label,
        )
        for slug in former
    ]


def years_of_nothing() -> str:
    """Years were given without a profession."""
    return _("Indiquez votre métier pour que vos années d’expérience comptent.")


def impossible_years() -> str:
    """The years given are no length of a career."""
    return _("Le nombre d’années indiqué n’est pas possible : nous n’en avons pas tenu compte.")


def diploma_name(base: Base, slug: str | None) -> str:
    """Return the short name of a diploma, as people say it."""
    if slug is None:
        return ""
    entry = base.diplomas[slug]
    return entry.acronym or entry.label


def _profession(base: Base, slug: str | None) -> str:
    return base.professions[slug].label if slug else _("débutant·e")


def _ordered(base: Base, slugs: Iterable[str]) -> list[str]:
    return sorted(slugs, key=lambda slug: base.diplomas[slug].position)


def _either(names: Iterable[str]) -> str:
    return _(" ou ").join(names)


def _months(months: float) -> str:
    return filters.months(months)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u00a0")
