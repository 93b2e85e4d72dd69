"""What is indexed of a listing: nothing private, nothing that is not on its public page.

Built in bulk from columns, never from objects: a rebuild turns a hundred thousand listings into
documents.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import and_, func, select

from app.applications.models import Application
from app.core.database import db, reading
from app.geography.queries import PLACES, Place, nearest_commune
from app.listings.enums import KIND_LABELS, OWN_SOURCE, DiplomaNeed, Kind
from app.listings.models import Listing
from app.listings.queries import is_open
from app.organisations.models import Organisation, measure_of
from app.professions.queries import diplomas
from app.search.marks import marks_of
from app.search.reading import normalise
from app.search.titles import professions_in
from app.search.vocabulary import UNSAID, SearchWords, search_words

# Raise it when what is written in a document changes: indexes are then rebuilt.
FORMAT = "6"
# 31 December 9999: a listing without an end.
NO_END = 253_402_214_400
MAX_TEXT = 6000
MAX_PARAMETERS = 10_000
MAX_SUMMARY = 300
# Beyond, one more application changes nothing for those who come after.
MAX_DEMAND = 20
DEMAND_PERIOD = dt.timedelta(days=30)

FIELDS = (
    "id",
    "version",
    "kind",
    "title",
    "profession",
    "profession_names",
    "reads",
    "marks",
    "marks_more",
    "employer",
    "place",
    "commune",
    "department",
    "labels",
    "contract",
    "workplace",
    "publics",
    "schedules",
    "diploma",
    "duration_months",
    "published_at",
    "closes_at",
    "text",
    "_geo",
    "answer_rank",
    "demand",
)

_COLUMNS = (
    Listing.id,
    Listing.version,
    Listing.kind,
    Listing.source,
    Listing.title,
    Listing.employer_name,
    Listing.profession_id,
    Listing.from_profession_id,
    Listing.diploma_id,
    Listing.diploma_need,
    Listing.workplace,
    Listing.publics,
    Listing.schedules,
    Listing.summary,
    Listing.description,
    Listing.description_html,
    Listing.conditions,
    Listing.contract,
    Listing.contract_months,
    Listing.duration_months,
    Listing.commune_code,
    Listing.place_label,
    Listing.latitude,
    Listing.longitude,
    Listing.published_at,
    Listing.closes_at,
    Listing.positions,
    Organisation.answer_cases,
    Organisation.answer_count,
    Organisation.answer_minutes,
)
_TAG = re.compile(r"<[^>]*>")
_PRACTICE = frozenset({Kind.JOB, Kind.INTERNSHIP, Kind.IMMERSION})
# Field -> kinds that can tell it: a training has no contract to tell.
_TOLD_BY: dict[str, frozenset[str]] = {
    "contract": frozenset({Kind.JOB}),
    "schedules": frozenset({Kind.JOB}),
    "workplace": _PRACTICE,
    "publics": _PRACTICE,
}

Document = dict[str, Any]


def documents_of(ids: Sequence[int], now: dt.datetime) -> list[Document]:
    """Return the documents of the open listings among `ids`, by increasing id."""
    words = search_words()
    places = PLACES.get().by_code
    query = (
        select(*_COLUMNS)
        .outerjoin(Organisation, Organisation.id == Listing.organisation_id)
        .where(Listing.id.in_(ids), is_open(now))
        .order_by(Listing.id)
    )
    rows = db.session.execute(query).all()
    asked = demands(ids, now)
    return [_document(row, words, places, asked.get(row.id)) for row in rows]


def demands(ids: Sequence[int] | None, now: dt.datetime) -> dict[int, int]:
    """Return id -> applications of the last thirty days for each post, rounded up.

    Of the open listings among `ids`, or of all: those of this site, whose applications are known.
    An event has seats, not posts.
    """
    recent = and_(
        Application.listing_id == Listing.id, Application.created_at > now - DEMAND_PERIOD
    )
    query = (
        select(Listing.id, Listing.positions, func.count(Application.id))
        .outerjoin(Application, recent)
        .where(is_open(now), Listing.source == OWN_SOURCE, Listing.kind != Kind.EVENT)
        .group_by(Listing.id, Listing.positions)
    )
    if ids is not None:
        query = query.where(Listing.id.in_(ids))
    return {
        one: min(MAX_DEMAND, -(-count // posts)) for one, posts, count in db.session.execute(query)
    }


def all_documents(now: dt.datetime, batch: int) -> Iterator[list[Document]]:
    """Yield the documents of all listings open at `now` by batches of increasing id.

    Making them takes long, and keeps nobody from writing; for the worker, see `reading`.
    """
    with reading():
        ids = db.session.scalars(select(Listing.id).where(is_open(now)).order_by(Listing.id)).all()
    for start in range(0, len(ids), batch):
        with reading():
            documents = documents_of(ids[start : start + batch], now)
        yield documents


def open_versions(now: dt.datetime, ids: Iterable[int] | None = None) -> dict[int, int]:
    """Return id -> version of the open listings, all of them or those among `ids`."""
    query = select(Listing.id, Listing.version).where(is_open(now))
    if ids is None:
        return dict(db.session.execute(query).all())
    found: dict[int, int] = {}
    wanted = list(ids)
    # A database takes so many parameters and no more; a rebuild asks for all the listings.
    for start in range(0, len(wanted), MAX_PARAMETERS):
        some = wanted[start : start + MAX_PARAMETERS]
        found |= dict(db.session.execute(query.where(Listing.id.in_(some))).all())
    return found


def _document(row: Any, words: SearchWords, places: dict[str, Any], demand: int | None) -> Document:
    profession = words.by_id.get(row.profession_id)
    place = places.get(row.commune_code) or _nearest(row)
    city = places.get(place.parent_code) if place and place.parent_code else None
    titled = professions_in(row.title, words.lexicon)
    # A path answers those who hold the profession it starts from.
    known = (profession, words.by_id.get(row.from_profession_id))
    reads = tuple(
        dict.fromkeys([*(entry.slug for entry in known if entry), *_prepared(row), *titled])
    )
    months = row.duration_months if row.duration_months is not None else row.contract_months
    text = _plain_text(row)
    own = _own(profession.slug if profession else "", titled, row.kind)
    short = f"{row.title} {row.employer_name}"
    marks, marks_more = marks_of(words, _facets(row), own, short, text)
    document = {
        "id": row.id,
        "version": row.version,
        "kind": row.kind,
        "title": _clean(row.title),
        "profession": profession.slug if profession else None,
        "profession_names": words.profession_names[profession.slug] if profession else [],
        "reads": list(reads),
        "marks": marks,
        "marks_more": marks_more,
        "employer": row.employer_name,
        "place": list(
            dict.fromkeys(
                name
                for name in (
                    row.place_label,
                    place.name if place else "",
                    city.name if city else "",
                    place.department_name if place else "",
                )
                if name
            )
        ),
        "commune": place.code if place else row.commune_code,
        "department": place.department_code if place else None,
        "labels": _labels(row, words),
        "contract": row.contract,
        "workplace": row.workplace,
        "publics": row.publics,
        "schedules": row.schedules,
        "diploma": row.diploma_need,
        "duration_months": months,
        "published_at": int(row.published_at.timestamp()),
        "closes_at": int(row.closes_at.timestamp()) if row.closes_at else NO_END,
        "text": text,
    }
    at = row if row.latitude is not None else place
    if at is not None and abs(at.latitude) <= 90 and abs(at.longitude) <= 180:
        document["_geo"] = {"lat": at.latitude, "lng": at.longitude}
    # Left out when it is unknown: the engine puts last, in any order, what lacks the field.
    if row.source == OWN_SOURCE and row.kind != Kind.EVENT and (measured := measure_of(row)):
        document["answer_rank"] = measured.rank
    if demand is not None:
        document["demand"] = demand
    for name, kinds in _TOLD_BY.items():
        if row.kind in kinds and not document[name]:
            document[name] = UNSAID
    return document


def _prepared(row: Any) -> tuple[str, ...]:
    """Return the professions that a training leads to by its diploma."""
    if row.kind != Kind.TRAINING or row.diploma_id is None:
        return ()
    return next((one.professions for one in diplomas() if one.id == row.diploma_id), ())


def _nearest(row: Any) -> Place | None:
    """Return where a listing is that gives a position and no commune."""
    if row.latitude is None:
        return None
    return nearest_commune(row.latitude, row.longitude)


def _own(coded: str, titled: Sequence[str], kind: str) -> list[str]:
    """Return what a listing is certainly about: titles are written by people, codes by machines.

    The title of a path names where it starts too.
    """
    if not titled or kind == Kind.PATH:
        return [coded] if coded else []
    return list(titled)


def _facets(row: Any) -> list[tuple[str, str]]:
    """Return the values of the facets that wishes may be about."""
    found = [("kind", str(row.kind))]
    found += [("public", slug) for slug in row.publics]
    found += [("schedule", slug) for slug in row.schedules]
    found += [("workplace", row.workplace)] if row.workplace else []
    found += [("contract", row.contract)] if row.contract else []
    found += [("diploma", "none")] if row.diploma_need == DiplomaNeed.NONE else []
    return found


def _labels(row: Any, words: SearchWords) -> list[str]:
    found = [str(KIND_LABELS[row.kind])]
    terms = words.terms
    for kind, slugs in (
        ("workplace", (row.workplace,)),
        ("public", row.publics),
        ("schedule", row.schedules),
        ("contract", (row.contract,)),
    ):
        for slug in slugs:
            found += terms[kind].get(slug, ())
    if row.diploma_need == DiplomaNeed.NONE:
        found.append("Sans diplôme")
    return found


def _plain_text(row: Any) -> str:
    written = _TAG.sub(" ", row.description_html) if row.description_html else row.description
    text = f"{row.summary} {html.unescape(written)} {row.conditions}"
    return _clean(text)[:MAX_TEXT]


def _clean(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())


def entry_of(document: Document) -> dict[str, Any]:
    """Return the row of `search_entry` that stands for a document."""
    position = document.get("_geo") or {"lat": None, "lng": None}
    return {
        "listing_id": document["id"],
        "version": document["version"],
        "published_at": document["published_at"],
        "closes_at": document["closes_at"],
        "latitude": position["lat"],
        "longitude": position["lng"],
        "commune_code": document["commune"] or "",
        "duration_months": document["duration_months"],
        "answer_rank": document.get("answer_rank"),
        "demand": document.get("demand"),
        "professions": f" {' '.join(document['reads'])} ",
        "tags": tags_of(document),
        "title_words": _distinct(document["title"]),
        # Without the description: reading it for every listing would take the second that people
        # are ready to wait for.
        "words": _distinct(
            document["title"],
            *document["profession_names"],
            document["employer"],
            *document["place"],
            *document["labels"],
            document["text"][:MAX_SUMMARY],
            *document["marks"],
            *document["marks_more"],
        ),
    }


def tags_of(document: Document) -> str:
    """Return the values of the facets: " kind:job contract:cdi public:autisme "."""
    pairs = [("kind", document["kind"])]
    pairs += [
        (name, document[name])
        for name in ("profession", "contract", "workplace", "diploma")
        if document[name]
    ]
    for name, attribute in (("public", "publics"), ("schedule", "schedules")):
        told = document[attribute]
        pairs += [(name, slug) for slug in ([told] if told == UNSAID else sorted(told))]
    return "".join(f" {name}:{value}" for name, value in pairs) + " "


def _distinct(*texts: str) -> str:
    """Return the words of texts, each once, with a space on both sides for LIKE '% start%'."""
    words = dict.fromkeys(normalise(" ".join(texts)).split())
    return f" {' '.join(words)} "
