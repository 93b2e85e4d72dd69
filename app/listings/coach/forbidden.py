"""Finds what a listing may not say: applies the rules, in their sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.core.i18n import lazy
from app.listings.coach.demands import DEMANDS
from app.listings.coach.families import PERSONS, Family
from app.listings.coach.marks import LATER_WORDS, REACH
from app.listings.coach.plain import Plain
from app.listings.coach.rules import NOT_ASKED, RULES, Rule

MESSAGES: dict[str, Any] = {
    "sex": lazy(
        "La loi interdit de choisir selon le sexe. Adressez-vous aux femmes et aux hommes."
    ),
    "age": lazy("La loi interdit de choisir selon l’âge. Retirez-le\u00a0; décrivez le travail."),
    "family": lazy(
        "La situation de famille, les enfants ou une grossesse ne comptent pas. Retirez ces mots."
    ),
    "origin": lazy(
        "La loi interdit de choisir selon l’origine, la nationalité, la langue maternelle "
        "ou le quartier. Retirez ces mots."
    ),
    "religion": lazy(
        "Les convictions, la vie privée et l’engagement syndical ne comptent pas. Retirez ces mots."
    ),
    "health": lazy(
        "La santé et le handicap ne comptent pas\u00a0: la médecine du travail juge de l’aptitude. "
        "Décrivez les gestes du poste."
    ),
    "looks": lazy("L’apparence physique ne compte pas. Retirez ces mots."),
    "photo": lazy("Ne demandez pas de photo\u00a0: on choisit sur les compétences."),
    "document": lazy(
        "Ce document ne se demande pas pour candidater. "
        "L’employeur le vérifie à l’embauche, quand la loi le prévoit."
    ),
    "honour": lazy(
        "L’attestation d’honorabilité n’est prévue que pour l’enfance, et à l’embauche seulement. "
        "Retirez cette demande."
    ),
    "past_pay": lazy(
        "Ne demandez pas le salaire actuel ou passé. Annoncez plutôt celui que vous proposez."
    ),
    "fees": lazy("Répondre à une offre est gratuit. Retirez toute somme demandée."),
    "payment": lazy("Ce moyen de paiement n’a pas sa place dans une annonce. Retirez-le."),
    "unpaid": lazy(
        "Tout travail se paie, l’essai aussi. Retirez ces mots, ou dites ce qui est payé."
    ),
    "indecent": lazy("Ces mots n’ont pas leur place dans une offre de travail. Retirez-les."),
    "premium": lazy("Ce numéro est surtaxé. Donnez un numéro ordinaire."),
    "messaging": lazy(
        "On ne doit pas passer par une messagerie privée pour répondre. "
        "Les réponses arrivent dans votre espace."
    ),
}

# Words after which one speaks of the people cared for, or of those looked for: the nearest wins.
_CARED_FOR = re.compile(
    r"\b(?:accompagn\w*|accueil\w*|heberg\w*|foyer|structure|etablissement|association|crech\w*"
    r"|service|maison|residen\w*|patient\w*|usager\w*|beneficiair\w*|public\w*|aupres|victim\w*"
    r"|adolescent\w*|mineur\w*|enfants?|famill\w+|personnes? (?:agee|accueilli|accompagn|suivi)\w*"
    r"|unite|groupes?|internat|pour (?:une?|des|les) (?:dame|monsieur|personne)\w*"
    r"|ateliers?|aid(?:er|ez)|aide (?:a l|aux)|souten\w+|soutien|depuis|existe|sejours?)\b"
)
_LOOKED_FOR = re.compile(
    r"\b(?:recrut\w*|recherch\w*|cherch\w*|poste|profil\w*|candidat\w*|embauch\w*|offre|emploi"
    r"|postul\w*|annonce|souhait\w*|exig\w*|vous (?:etes|avez)|preference|s'adresse|collegue"
    r"|remplacan\w*|salarie\w*|titulaire|joindre|joignez|envoy\w*|fourni\w*|votre|vos)\b"
)
_BEFORE, _AFTER = 90, 70
_STOP = re.compile(r"[.!?;\n]")
_HONOUR = re.compile(r"\b(?:attestation|certificat)s? d'honorabilite|\bhonorabilite\b")
_CHILDREN = re.compile(
    r"\b(?:creche|micro-creche|petite enfance|protection de l'enfance|aide sociale a l'enfance"
    r"|ase|assistante?s? (?:maternel|familial)\w*|eaje|mineurs|mecs|pouponniere|puericult\w+)\b"
)


def forbidden(text: Plain, kind: str, *, child_care: bool) -> Iterator[tuple[str, str]]:
    """Yield the code and the typed words of each forbidden wording, once a code."""
    told: set[str] = set()
    every: tuple[Rule | Family, ...] = (*RULES, *PERSONS, *DEMANDS)
    for one in every:
        if one.code in told or kind not in one.only:
            continue
        found = _first(one, text.text)
        if found:
            told.add(one.code)
            yield one.code, text.excerpt(found.start(), found.end())
    found = _honour(text.text, child_care=child_care)
    if found:
        yield "honour", text.excerpt(found.start(), found.end())


def _first(one: Rule | Family, text: str) -> re.Match[str] | None:
    """Return the first place where a rule or a family is broken."""
    if isinstance(one, Rule):
        broken = (m for m in one.pattern.finditer(text) if not _lawful(one, text, *m.span()))
    else:
        broken = (m for m in one.said.finditer(text) if _chosen(one, text, *m.span()))
    return next(broken, None)


def _honour(text: str, *, child_care: bool) -> re.Match[str] | None:
    """Return the demand of the certificate, lawful for child care, once chosen."""
    for match in _HONOUR.finditer(text):
        sentence = sentence_of(text, match.start(), match.end())
        if re.search(NOT_ASKED, sentence):
            continue
        now = re.search(r"\b(?:joindre|joignez|envoy\w+|candidature|cv)\b", sentence)
        if now or not (child_care or _CHILDREN.search(text) or LATER_WORDS.search(sentence)):
            return match
    return None


def _lawful(rule: Rule, text: str, start: int, end: int) -> bool:
    sentence = sentence_of(text, start, end)
    if rule.unless is not None and rule.unless.search(sentence):
        return True
    return rule.cared_for and _speaks_of_cared_for(text, start, end)


def _chosen(family: Family, text: str, start: int, end: int) -> bool:
    """Tell whether what is said is wanted, refused or asked of those who answer."""
    before, after = _around(text, start, end)
    if family.toward is not None and family.toward.search(before):
        return False
    if family.unless is not None and family.unless.search(before + text[start:end] + after):
        return False
    if family.cared_for and _speaks_of_cared_for(text, start, end):
        return False
    near, far = before[-REACH:], after[:REACH]
    return not family.marks or any(mark.seen(near, far) for mark in family.marks)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after a place in its sentence."""
    before = _STOP.split(text[max(0, start - _BEFORE) : start])[-1]
    return before, _STOP.split(text[end : end + _AFTER], maxsplit=1)[0]


def sentence_of(text: str, start: int, end: int) -> str:
    """Return the sentence around a place, no longer than what the rules look at."""
    before, after = _around(text, start, end)
    return before + text[start:end] + after


def _speaks_of_cared_for(text: str, start: int, end: int) -> bool:
    before, _after = _around(text, start, end)
    cared = max((match.start() for match in _CARED_FOR.finditer(before)), default=-1)
    looked = max((match.start() for match in _LOOKED_FOR.finditer(before)), default=-1)
    return cared > looked
