"""What the board says to those who answer: who waits, how they do, one useful thing to try."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.applications.progress import days_ago
from app.applications.queries import BoardCounts
from app.core.i18n import _, plural
from app.listings.cards import promise_delay
from app.organisations.models import MEASURED_FROM, Measure, Organisation, measure_of
from app.organisations.wording import measured_text

# From here on, one says bravo.
GOOD_TENTHS = 9


class Advice(NamedTuple):
    """A line of the coach. `level`: "bad", "tip" or "ok"; `waiting`: it leads to who waits."""

    level: str
    title: str
    text: str
    waiting: bool = False


def advise(
    organisations: Iterable[Organisation], counts: BoardCounts, now: dt.datetime
) -> list[Advice]:
    """Return what to say to a member of these organisations, the most urgent first."""
    return [*_who_waits(counts, now), *_dropped(counts), *_measured(list(organisations))]


def _who_waits(counts: BoardCounts, now: dt.datetime) -> Iterator[Advice]:
    if counts.first_at is None:
        return
    yield Advice(
        "bad" if counts.late else "tip",
        _waiting_title(counts.waiting, days_ago(counts.first_at, now)),
        _(
            "Commencez par qui attend depuis le plus longtemps. Deux minutes au téléphone "
            "suffisent. Si c’est non, un message est prêt."
        ),
        waiting=True,
    )


def _waiting_title(number: int, days: int) -> str:
    since = _("aujourd’hui") if days == 0 else plural("hier", "%(num)d\u00a0jours", days)
    if number == 1:
        return _("Une personne attend depuis %(since)s", since=since)
    return _("%(num)d personnes attendent, la première depuis %(since)s", num=number, since=since)


def _dropped(counts: BoardCounts) -> Iterator[Advice]:
    if counts.stalled:
        yield Advice(
            "tip",
            plural(
                "Une personne à qui vous avez parlé est sans nouvelles depuis une semaine",
                "%(num)d personnes à qui vous avez parlé sont sans nouvelles depuis une semaine",
                counts.stalled,
            ),
            _(
                "Notez où vous en êtes\u00a0: elles le voient aussitôt. Sans nouvelle étape, nous "
                "leur dirons que nous ne connaissons pas la suite."
            ),
        )


def _measured(organisations: list[Organisation]) -> Iterator[Advice]:
    for organisation in organisations:
        measured = measure_of(organisation)
        whose = f"{organisation.name}\u00a0: " if len(organisations) > 1 else ""
        if measured is not None:
            level, text = _encourage(measured, organisation.promise_hours)
            yield Advice(level, f"{whose}«\u00a0{measured_text(*measured)}\u00a0»", text)
        elif organisation.answer_cases:
            yield Advice(
                "tip",
                whose
                + _("Vos réponses se verront à partir de %(num)d candidatures", num=MEASURED_FROM),
                plural(
                    "Une seule compte pour le moment. D’ici là, vos annonces disent le délai que "
                    "vous annoncez.",
                    "%(num)d comptent pour le moment. D’ici là, vos annonces disent le délai que "
                    "vous annoncez.",
                    organisation.answer_cases,
                ),
            )


def _encourage(measured: Measure, promised: int) -> tuple[str, str]:
    if measured.tenths < GOOD_TENTHS:
        return "tip", _(
            "C’est ce que lisent les personnes sur vos annonces. Un non dit gentiment vaut mieux "
            "qu’un silence\u00a0: un message est prêt pour chaque raison."
        )
    if measured.hours is not None and measured.hours > promised:
        return "tip", _(
            "C’est ce que lisent les personnes sur vos annonces. Vous annoncez %(delay)s\u00a0: un "
            "délai plus long, mais tenu, rassure davantage.",
            delay=promise_delay(promised),
        )
    return "ok", _(
        "C’est ce que lisent les personnes sur vos annonces. Promesse tenue\u00a0: quand elles "
        "trient par réponse, cela vous fait remonter."
    )
