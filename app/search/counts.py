"""What the counts of searches tell the team. Nothing here is asked too rarely to be nobody's.

Everything is read through `_often`: words, or what they mean, are told only when enough searches of
enough different days hold them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import joinedload

from app.core.database import db
from app.geography.queries import Place, get_place
from app.search import queries
from app.search.criteria import SearchCriteria
from app.search.enums import WordKind
from app.search.models import SearchQuery, SearchWord
from app.search.query_log import FEWEST_DAYS, FEWEST_SEEN, RARE
from app.search.understanding import understand
from app.search.vocabulary import search_words

# What « lately » is: the words of rarer searches are erased after a month.
PERIOD = dt.timedelta(days=28)
WEEKS = 12
# Under this number of searches, the rate of a week says nothing.
FEWEST_OF_WEEK = 50
# Searches that found little are looked at, the most asked first; then what they mean is counted.
READ = 400
MOST_GAPS = 12
# A gap that this number of listings answers is no gap any more.
ENOUGH = 6

_seen = func.sum(SearchQuery.seen)
_days = func.count(SearchQuery.day.distinct())


_IGNORED = select(SearchWord.word).where(
    SearchWord.kind == WordKind.IGNORED, SearchWord.undone_at.is_(None)
)


def _often(seen: ColumnElement[int], days: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(seen >= FEWEST_SEEN, days >= FEWEST_DAYS)


def _of(*found: str) -> ColumnElement[int]:
    return func.sum(case((SearchQuery.found.in_(found), SearchQuery.seen), else_=0))


class Asked(NamedTuple):
    """Words and how often they were searched; of these, how often nothing or little was found."""

    words: str
    seen: int
    days: int
    nothing: int
    few: int


class Week(NamedTuple):
    """The searches of a week that starts on a Monday, and those that found nothing."""

    start: dt.date
    seen: int
    nothing: int

    @property
    def share(self) -> int | None:
        """Return how many in a hundred found nothing; None when too few say it."""
        return round(100 * self.nothing / self.seen) if self.seen >= FEWEST_OF_WEEK else None


class Meant(NamedTuple):
    """What words mean, without the words: kinds, slugs of professions and of schedules, a place."""

    kinds: tuple[str, ...]
    professions: tuple[str, ...]
    schedules: tuple[str, ...]
    place: Place | None

    @property
    def criteria(self) -> SearchCriteria:
        """Return the search of it, as a person would make it."""
        named = [label_of(slug) for slug in self.professions]
        return SearchCriteria(
            # A profession named in words is also found in titles.
            q=named[0] if len(named) == 1 else "",
            professions=self.professions if len(named) > 1 else (),
            kinds=self.kinds,
            schedules=self.schedules,
            place=self.place,
            place_text=self.place.label if self.place else "",
        )


class Gap(NamedTuple):
    """What people look for and hardly find: how often, and how many listings answer now."""

    meant: Meant
    seen: int
    found: int


def asked(since: dt.date, limit: int, *, poor: bool = False, ignored: bool = True) -> list[Asked]:
    """Return the words most searched since a day; `poor`: those that most often find too little.

    `ignored`: with those that the team chose not to see any more.
    """
    nothing, few = _of("0"), _of("1-5")
    query = (
        select(SearchQuery.words, _seen, _days, nothing, few)
        .where(SearchQuery.day >= since, SearchQuery.words != RARE)
        .group_by(SearchQuery.words)
        .having(_often(_seen, _days))
    )
    if poor:
        query = query.having(nothing + few > 0).order_by(nothing.desc(), few.desc())
    if not ignored:
        query = query.where(SearchQuery.words.not_in(_IGNORED))
    query = query.order_by(_seen.desc(), SearchQuery.words).limit(limit)
    return [Asked(*row) for row in db.session.execute(query)]


def asked_with(words: str, since: dt.date) -> Asked | None:
    """Return how often words were searched since a day, alone or among others; None when rarely."""
    padded = " " + SearchQuery.words + " "
    query = (
        select(_seen, _days, _of("0"), _of("1-5"))
        .where(SearchQuery.day >= since, padded.contains(f" {words} ", autoescape=True))
        .having(_often(_seen, _days))
    )
    row = db.session.execute(query).one_or_none()
    return Asked(words, *row) if row else None


def weeks(today: dt.date) -> list[Week]:
    """Return the last weeks since the first counted, this one included, the latest first."""
    this_week = today - dt.timedelta(days=today.weekday())
    first = this_week - dt.timedelta(weeks=WEEKS - 1)
    query = (
        select(SearchQuery.day, _seen, _of("0"))
        .where(SearchQuery.day >= first, SearchQuery.day <= today)
        .group_by(SearchQuery.day)
    )
    totals: dict[dt.date, list[int]] = defaultdict(lambda: [0, 0])
    for day, seen, nothing in db.session.execute(query):
        monday = day - dt.timedelta(days=day.weekday())
        totals[monday][0] += seen
        totals[monday][1] += nothing
    last = (this_week - min(totals, default=this_week)).days // 7
    starts = [this_week - dt.timedelta(weeks=number) for number in range(last + 1)]
    return [Week(start, *totals[start]) for start in starts]


def gaps(now: dt.datetime, since: dt.date) -> list[Gap]:
    """Return what is asked and hardly found, told by the words of the site, counted again now.

    One query for the counts, then one round trip to the engine, or one query a gap without it.
    """
    wanted = _wanted(since)
    counted = queries.totals([meant.criteria for meant, _seen in wanted], now)
    return [
        Gap(meant, seen, total)
        for (meant, seen), total in zip(wanted, counted, strict=True)
        if total < ENOUGH
    ]


def _wanted(since: dt.date) -> list[tuple[Meant, int]]:
    """Return what the searches that found little mean, the most asked first."""
    query = (
        select(SearchQuery.words, SearchQuery.place_code, SearchQuery.kinds, _seen, _days)
        .where(
            SearchQuery.day >= since,
            SearchQuery.found.in_(["0", "1-5"]),
            SearchQuery.words != RARE,
            SearchQuery.words.not_in(_IGNORED),
        )
        .group_by(SearchQuery.words, SearchQuery.place_code, SearchQuery.kinds)
        .order_by(_seen.desc(), SearchQuery.words)
        .limit(READ)
    )
    totals: dict[Meant, list[int]] = defaultdict(lambda: [0, 0])
    for words, place_code, kinds, seen, days in db.session.execute(query):
        meant = _meant(words, place_code, kinds.split())
        if meant is not None:
            total = totals[meant]
            total[0] += seen
            # Different words may share their days: the most of one of them is sure.
            total[1] = max(total[1], days)
    often = [
        (meant, seen)
        for meant, (seen, days) in totals.items()
        if seen >= FEWEST_SEEN and days >= FEWEST_DAYS
    ]
    return sorted(often, key=lambda one: -one[1])[:MOST_GAPS]


def _meant(words: str, place_code: str, kinds: Sequence[str]) -> Meant | None:
    """Return what words mean with the filters they came with; None when it is too little."""
    place = get_place(place_code) if place_code else None
    reading = understand(SearchCriteria(q=words, place_text=place.label if place else ""))
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in reading.facets:
        values[name].append(value)
    meant = Meant(
        kinds=tuple(sorted(kinds or values["kind"])),
        professions=tuple(sorted(reading.professions or reading.outside[:1])),
        schedules=tuple(sorted(values["schedule"])),
        place=place or reading.place,
    )
    told = meant.professions or meant.schedules or (meant.kinds and meant.place)
    return meant if told else None


def decided(words: Collection[str]) -> dict[str, str]:
    """Return, of some words, those that the team has decided of, each with the kind."""
    query = select(SearchWord.word, SearchWord.kind).where(
        SearchWord.undone_at.is_(None), SearchWord.word.in_(words)
    )
    return {row.word: row.kind for row in db.session.execute(query)}


def history(word: str) -> Sequence[SearchWord]:
    """Return what was decided of words, the latest first."""
    query = select(SearchWord).where(SearchWord.word == word)
    return db.session.scalars(_with_people(query)).all()


def decisions_of_team(limit: int, offset: int) -> Sequence[SearchWord]:
    """Return what was decided, undone or not, the latest first."""
    return db.session.scalars(_with_people(select(SearchWord)).limit(limit).offset(offset)).all()


def _with_people(query: Select[SearchWord]) -> Select[SearchWord]:
    people = (joinedload(SearchWord.author), joinedload(SearchWord.undone_by))
    return query.options(*people).order_by(SearchWord.id.desc())


def label_of(slug: str) -> str:
    """Return how people call a profession, described by the base or not."""
    words = search_words()
    entry = words.by_slug.get(slug)
    return entry.label_feminine if entry else words.outside_labels[slug]
