"""What makes a listing clearer, and what a job cannot do without: its pay and its hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.core.filters import euros
from app.core.i18n import lazy
from app.listings.coach.findings import Finding, Level, Writing
from app.listings.coach.minimum_wage import minimum_pay_cents
from app.listings.coach.plain import Plain, plain
from app.listings.enums import PAY_PERIOD_LABELS, Kind, PayPeriod

WIDE_RANGE = 1.5
# A pay is written rounded; nobody of these professions is paid more than ten times the minimum.
ROUNDED, MOST_PAID = 0.99, 10
SHORT_TEXT, LONG_TEXT = 120, 3000
MAX_ACRONYMS = 3
CAPITALS_SHARE, CAPITALS_LETTERS = 0.7, 12
# Contracts whose pay follows rules of its own.
OTHER_MINIMUM = {
    "apprentissage", "professionnalisation", "liberal", "benevolat-service-civique", "stage",
}  # fmt: skip

_WORDINGS: tuple[tuple[str, re.Pattern[str], Any], ...] = tuple(
    (code, re.compile(pattern), message)
    for code, pattern, message in (
        (
            "pay_vague",
            (
                r"\b(?:salaire|remuneration|paie)[^.\n]{0,20}(?:selon (?:profil|experience|diplome)"
                r"|a (?:negocier|definir|discuter|convenir)|motivante?|attracti\w+)"
            ),
            lazy("«\u00a0Selon profil\u00a0» ne dit rien. Donnez un minimum et un maximum."),
        ),
        (
            "dynamic",
            r"\b(?:dynamique|dynamisme|haut potentiel|rock ?star|esprit jeune)s?\b",
            lazy("Ce mot écarte des personnes d’expérience. Dites plutôt ce qu’il y a à faire."),
        ),
        (
            "junior",
            r"\bjeunes? (?:diplome|professionnel|actif)\w*|\b(?:junior|senior)s? (?:h/f|accepte)",
            lazy("Écrivez «\u00a0débutant·e accepté·e\u00a0»\u00a0: l’âge n’a pas à compter."),
        ),
        (
            "situation",
            r"\b(?:meres?|peres?) (?:au foyer|de famille)|\bmamans? bienvenue",
            lazy("La situation de famille n’a pas à compter. Décrivez plutôt les horaires."),
        ),
        (
            "women_job",
            r"\bfemmes? de (?:menage|chambre|service)|\bdames? de compagnie",
            lazy("Ce nom ne parle qu’aux femmes. Écrivez «\u00a0agent·e d’entretien\u00a0»."),
        ),
        (
            "looks",
            r"\bbonne presentation\b|\bpresentation soignee",
            lazy("Ces mots parlent d’apparence. Dites plutôt\u00a0: une tenue propre est fournie."),
        ),
        (
            "smoker",
            r"\bnon[ -]fumeu\w+",
            lazy(
                "La vie privée n’a pas à compter. Dites qu’on ne fume pas sur le lieu de travail."
            ),
        ),
        (
            "record",
            r"\bcasier (?:judiciaire )?vierge|\bcasier judiciaire\b",
            lazy("L’employeur vérifie le casier à l’embauche. Inutile de l’écrire ici."),
        ),
        (
            "claims",
            r"\bpretentions? salariales?|\bpretentions?\b(?= (?:de salaire|financiere))",
            lazy("Annoncez plutôt le salaire que vous proposez."),
        ),
        (
            "always",
            r"\b7 ?j(?:ours)? ?(?:/|sur) ?7|\bdisponib\w+ (?:immediatement|tout le temps|24)",
            lazy("Donnez les jours et les heures vrais\u00a0: on répond en sachant."),
        ),
        (
            "short_cdi",
            r"\bcdi (?:d'une?|de \d+|d') ?(?:semaine|mois|jour|an)s?\b",
            lazy("Un CDI n’a pas de fin. Choisissez un CDD et sa durée."),
        ),
        (
            "urgent",
            r"\burgen(?:t|te|ce)s?\b(?= *(?:!|:|$|recrut|cherch))",
            lazy("«\u00a0Urgent\u00a0» inquiète. Donnez plutôt la date de début."),
        ),
    )
)
_ENGLISH = re.compile(
    r"\b(?:manager|care ?givers?|nurse|nursing|officer|worker|team lead\w*|baby ?sitt\w+|nanny"
    r"|helper|job|full[ -]?time|part[ -]?time|office|happiness|recruiter|home care)\b"
)
_BOTH_GENDERS = re.compile(r"·|\((?:e|ne|le|trice|rice|ère|ve)s?\)|\b[hf] ?/ ?[hf]\b|/", re.I)
_ACRONYM = re.compile(r"(?<![\w.-])[A-Z]{2,7}(?![\w-])")


def advice(writing: Writing, words: Mapping[str, str], texts: Mapping[str, Plain]) -> Iterator[Any]:
    """Yield what would help; `words`: acronym -> plain words, `texts`: the plain texts."""
    yield from _wordings(texts)
    yield from _title(writing, texts)
    yield from _capitals(writing)
    yield from _acronyms(writing, words)
    yield from _length(writing)
    if writing.kind == Kind.JOB:
        yield from _pay(writing)
        yield from _hours(writing)


def _tip(code: str, field: str, message: Any, excerpt: str = "") -> Finding:
    return Finding(Level.ADVICE, code, field, message, excerpt)


def _missing(code: str, field: str, message: Any) -> Finding:
    # The form says so too, but only once the listing is sent.
    return Finding(Level.BLOCK, code, field, message)


def _good(code: str, field: str, message: Any) -> Finding:
    return Finding(Level.OK, code, field, message)


def _wordings(texts: Mapping[str, Plain]) -> Iterator[Finding]:
    for code, pattern, message in _WORDINGS:
        for field, text in texts.items():
            match = pattern.search(text.text)
            if match:
                yield _tip(code, field, message, text.excerpt(match.start(), match.end()))
                break


def _title(writing: Writing, texts: Mapping[str, Plain]) -> Iterator[Finding]:
    title = texts["title"] if "title" in texts else plain("")
    match = _ENGLISH.search(title.text)
    if match:
        message = lazy("La loi demande un titre en français. Traduisez ce mot.")
        yield _tip("english", "title", message, title.excerpt(match.start(), match.end()))
    feminine, masculine, both = writing.names
    if not both or _BOTH_GENDERS.search(writing.text("title")) or both in {feminine, masculine}:
        return
    named = [_has(title.text, name) for name in (feminine, masculine)]
    if sum(named) == 1 or (all(named) and not _apart(title.text, feminine, masculine)):
        message = lazy(
            "Écrivez «\u00a0%(name)s\u00a0»\u00a0: chacune et chacun s’y reconnaît.", name=both
        )
        yield _tip("gender", "title", message, writing.text("title")[:80])


def _has(title: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(plain(name).text)}s?\b", title) is not None


def _apart(title: str, feminine: str, masculine: str) -> bool:
    """Return whether the two names are both written: one may be the beginning of the other."""
    longer, shorter = sorted((plain(feminine).text, plain(masculine).text), key=len, reverse=True)
    return _has(title.replace(longer, " ", 1), shorter)


def _capitals(writing: Writing) -> Iterator[Finding]:
    for field in ("title", "description", "conditions"):
        letters = [sign for sign in writing.text(field) if sign.isalpha()]
        raised = sum(sign.isupper() for sign in letters)
        if len(letters) >= CAPITALS_LETTERS and raised > CAPITALS_SHARE * len(letters):
            yield _tip(
                "capitals", field, lazy("Écrivez en minuscules\u00a0: c’est plus facile à lire.")
            )


def _acronyms(writing: Writing, words: Mapping[str, str]) -> Iterator[Finding]:
    told: set[str] = set()
    for field in ("description", "conditions", "entry_conditions"):
        for match in _ACRONYM.finditer(writing.text(field)):
            name = match.group()
            if name not in words or name in told or len(told) == MAX_ACRONYMS:
                continue
            told.add(name)
            message = lazy(
                "Écrivez «\u00a0%(words)s\u00a0», tout le monde comprendra.", words=words[name]
            )
            yield _tip("jargon", field, message, name)


def _length(writing: Writing) -> Iterator[Finding]:
    size = len(writing.text("description").strip())
    if 0 < size < SHORT_TEXT:
        message = lazy("Trois à cinq phrases aident à se voir sur place. Décrivez une journée.")
        yield _tip("short", "description", message)
    elif size > LONG_TEXT:
        message = lazy("Ce texte est long sur un téléphone. Gardez l’essentiel.")
        yield _tip("long", "description", message)
    if not writing.text("conditions").strip():
        message = lazy("Dites aussi ce qui est difficile\u00a0: on vient en sachant, et on reste.")
        yield _tip("hard", "conditions", message)
    else:
        message = lazy("Vous dites ce qui est difficile et ce que vous proposez.")
        yield _good("hard", "conditions", message)


def _hours(writing: Writing) -> Iterator[Finding]:
    if not writing.hours_min:
        message = lazy("Sans heures, l’annonce ne peut pas être publiée.")
        yield _missing("hours_missing", "hours_min", message)
    if writing.contract == "cdi" and writing.contract_months:
        message = lazy("Un CDI n’a pas de durée. Videz ce champ, ou choisissez un CDD.")
        yield _tip("short_cdi", "contract_months", message)


def _pay(writing: Writing) -> Iterator[Finding]:
    low, high = writing.pay_min_cents, writing.pay_max_cents
    if not low:
        message = lazy("Sans salaire, l’annonce ne peut pas être publiée.")
        yield _missing("pay_missing", "pay_min", message)
        return
    untrue = _untrue(writing, low)
    if untrue:
        yield untrue
    if high and high > low * WIDE_RANGE:
        message = lazy("L’écart est grand. Dites ce qui fait passer du minimum au maximum.")
        yield _tip("pay_wide", "pay_max", message)
    elif not untrue and writing.hours_min:
        yield _good("pay_clear", "pay_min", lazy("Le salaire brut et les heures sont affichés."))


def _untrue(writing: Writing, low: int) -> Finding | None:
    """Return what holds back a pay that nobody may be given, or that nobody is."""
    if writing.contract in OTHER_MINIMUM or writing.own_scale:
        return None
    period = writing.pay_period or ""
    least = minimum_pay_cents(writing.day, period, writing.hours_min)
    if least is None or _may_be(low, least):
        return None
    likely = [
        str(label).removeprefix("brut ")
        for other, label in PAY_PERIOD_LABELS.items()
        if (floor := minimum_pay_cents(writing.day, other, writing.hours_min))
        and _may_be(low, floor)
    ]
    said = {"said": euros(low), "unit": PAY_PERIOD_LABELS[PayPeriod(period)]}
    what = (
        lazy(
            "%(said)s %(unit)s\u00a0: c’est moins que le SMIC pour ces heures, %(least)s.",
            **said,
            least=euros(least),
        )
        if low < least
        else lazy("%(said)s %(unit)s\u00a0: personne n’est payé autant.", **said)
    )
    if not likely:
        message = lazy("%(what)s Vérifiez le montant et les heures.", what=what)
    else:
        message = lazy(
            "%(what)s Est-ce %(likely)s\u00a0? Changez «\u00a0Ce montant est\u00a0».",
            what=what,
            likely=likely[0],
        )
    return _missing("pay_untrue", "pay_min", message)


def _may_be(low: int, least: int) -> bool:
    # The minimum wage never falls: one that has risen since the fact was read is above this one.
    return least * ROUNDED <= low <= least * MOST_PAID
