"""A hundred hostile texts, wherever people's words are shown: they stay words."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.applications.models import ContactView
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent, enqueue
from app.core.rich_text import TAGS, markdown_to_html
from app.core.sheets import write_csv
from app.imports.csv_records import read_csv
from app.imports.lheo_xml import read_lheo
from app.imports.records import Record, Source
from app.imports.services import Owner, run_import
from app.listings.models import Listing
from app.listings.rich_text import plain_to_html
from app.search import queries, rebuild
from app.search.client import EngineError
from tests import factories, test_mails
from tests.hostile.markup import MARKUP, Markup
from tests.hostile.parsed import Skeleton, elements, faults, parse, skeleton
from tests.imports import files
from tests.imports.conftest import as_records, offer  # noqa: F401 - fixtures

TEXTS = [one.text for one in MARKUP]
# What a title keeps is one line.
WORDS = "Des mots <sans> danger & simples"
# What the text of an offer is made of, and the words a search has found.
PROSE = frozenset({"p", "br", "ul", "li", "mark"})
SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def _database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the engine out: what other tests indexed is not in the database of these."""

    def away(*_asked: object) -> None:
        raise EngineError("away")

    monkeypatch.setattr(queries, "ask", away)


def page(client: FlaskClient, path: str, **query: str) -> Any:
    """Return the tree of a page that is shown and holds nothing that runs."""
    answer = client.get(path, query_string=query)
    assert answer.status_code in {200, 404, 410}, path
    tree = parse(answer.text)
    assert faults(tree) == [], path
    return tree


def more(tree: Any, than: Skeleton) -> Skeleton:
    """Return the elements that a page has besides those of another, its prose apart."""
    return skeleton(tree, but=PROSE) - than


def one_line(text: str) -> str:
    return " ".join(text.split())


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def test_corpus_holds_a_hundred_different_texts() -> None:
    assert len(set(TEXTS)) == len(MARKUP) == 100


@pytest.mark.no_database
@pytest.mark.parametrize("one", MARKUP, ids=range(len(MARKUP)))
def test_markdown_makes_of_it_what_is_expected(one: Markup) -> None:
    tree = parse(f"<div>{markdown_to_html(one.text)}</div>")
    made = {element.tag for element in elements(tree)} - {"div", "p", "br"}
    assert made == one.kept <= TAGS
    assert tuple(link.get("href") for link in tree.iter("a") if link.get("href")) == one.links
    assert {name for element in elements(tree) for name in element.attrib} <= {"href", "rel"}
    assert all(link.get("rel") == "nofollow noopener" for link in tree.iter("a"))
    assert faults(parse(f"<div>{plain_to_html(one.text)}</div>")) == []


def offers(texts: Iterable[str], make: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Return offers of another site in which every text is hostile."""
    return [
        make(
            number,
            intitule=f"Aide-soignant {text}",
            description=f"Avant {text} après.",
            entreprise={"nom": f"Maison {text}"},
            lieuTravail={"libelle": f"69 - {text}", "commune": "69029"},
            dureeTravailLibelle=f"35H {text}",
            experienceLibelle=f"2 ans {text}",
            salaire={"libelle": text, "commentaire": text},
            origineOffre={"urlOrigine": text},
            contact={"nom": text, "coordonnees1": text},
        )
        for number, text in enumerate(texts, 1)
    ]


@pytest.fixture
def imported(offer: Any, as_records: Any, now: dt.datetime) -> list[Listing]:  # noqa: F811
    """Import an innocent offer, then the hundred hostile ones."""
    told = as_records(offers([WORDS, *TEXTS], offer))
    report = run_import("france-travail", told, write=True, full=False, now=now)
    assert (report.created, report.quarantined_total) == (101, 0)
    rebuild.catch_up_entries(now)
    db.session.commit()
    query = select(Listing).where(Listing.source == "france-travail").order_by(Listing.source_id)
    return list(db.session.scalars(query))


@pytest.mark.usefixtures("_database_answers")
def test_offers_of_other_sites_bring_no_markup(
    imported: list[Listing], client: FlaskClient
) -> None:
    first, *others = imported
    usual = skeleton(page(client, first.path), but=PROSE)
    for one in others:
        tree = page(client, one.path)
        assert not more(tree, usual), one.title
        (told,) = [json.loads(script.text) for script in tree.iter("script") if script.text]
        assert told["title"] == one.title
    # Where listings are many: the results, with the words found, the feed, the API.
    shown = 0
    for number in range(1, 12):
        results = page(client, "/recherche", q="aide-soignant", page=str(number))
        cards = [skeleton(card, but=PROSE) for card in results.iter("article")]
        assert all(card.keys() <= max(cards, key=len).keys() for card in cards)
        shown += len(cards)
    assert shown == len(imported)
    feed = ElementTree.fromstring(client.get("/flux/recherche.atom").data)  # noqa: S314 - ours
    titles = {one.title for one in imported}
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 50
    for entry in entries:
        assert entry.findtext("{http://www.w3.org/2005/Atom}title") in titles
        assert {child.tag.partition("}")[2] for child in entry} <= {
            "id",
            "title",
            "link",
            "published",
            "updated",
            "summary",
        }
    api = client.get("/api/v1/listings", query_string={"per_page": 50})
    assert api.content_type == "application/json"
    assert api.headers["X-Content-Type-Options"] == "nosniff"
    assert {item["title"] for item in api.json["items"]} <= titles


@pytest.mark.usefixtures("_database_answers")
def test_words_searched_are_shown_as_they_are(client: FlaskClient) -> None:
    for text in TEXTS[::2]:
        tree = page(client, "/recherche", q=text, ou=text, metier=text, contrat=text)
        (box,) = tree.xpath("//main//input[@name='q'] | (//input[@name='q'])[1]")[:1]
        assert letters(text)[:30] == letters(box.get("value") or "")[:30]


def test_what_members_write_is_only_words(app: Flask, sign_in: SignIn) -> None:
    member = factories.user()
    browser = sign_in(member)

    def written(text: str) -> list[tuple[FlaskClient, str]]:
        owner = factories.organisation(member, name=text[:160], description=text)
        one = factories.listing(
            organisation=owner,
            title=one_line(text)[:160],
            description=text,
            description_html=markdown_to_html(text),
            summary=text,
            conditions=text,
            entry_conditions=text,
            contact_name=text[:120],
            hours_label=text[:200],
            collective_agreement=text[:160],
            address=text[:200],
        )
        person = factories.application(
            one,
            first_name=text[:80],
            last_name=text[:80],
            commune_label=text[:120],
            message=text,
        )
        db.session.add(
            ContactView(
                application_id=person.id, user_id=member.id, what="contact", at=person.created_at
            )
        )
        db.session.commit()
        public = app.test_client()
        return [
            (public, one.path),
            (public, f"{one.path}/candidater"),
            (public, f"/structures/{owner.slug}"),
            (browser, f"/recruter/annonces/{one.id}/modifier"),
            (browser, f"/recruter/candidatures/{person.id}"),
        ]

    known = [skeleton(page(*seen), but=TAGS) for seen in written("Des mots simples")]
    for number, one in enumerate(MARKUP):
        pages = list(zip(written(one.text), known, strict=True))
        # All of them on the page of the listing; in turn, on the other pages.
        others = [pages[1 + number // 3 % 4]] if number % 3 == 0 else []
        for seen, usual in [pages[0], *others]:
            found = skeleton(page(*seen), but=TAGS)
            # The coach of listings may say more, or less, in the elements it always uses.
            assert found.keys() <= usual.keys() | _COACH, one.text
            assert found["script", "type"] <= 1


# The advice beside the editor.
_COACH = {
    ("details", "class"),
    ("summary", ""),
    ("strong", ""),
    ("div", "class"),
    ("span", "class"),
}


def sent_by_mail(name: str, make: Callable[[], Any], smtp: Any) -> Any:
    topic, payload = make()
    db.session.flush()
    db.session.execute(delete(OutboxEvent))
    enqueue(topic, now=test_mails.clock.now(), **payload)
    db.session.commit()
    smtp.messages.clear()
    jobs.drain()
    (message,) = smtp.messages
    return message


@pytest.mark.parametrize(
    ("name", "make", "texts"),
    [
        (name, make, TEXTS[2 * number : 2 * number + 2])
        for number, (name, make) in enumerate(test_mails.CASES)
    ],
    ids=[name for name, _make in test_mails.CASES],
)
def test_mails_carry_words_only(
    name: str,
    make: Callable[[], Any],
    texts: list[str],
    smtp: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(test_mails, "TITLE", "Des mots simples")
    usual = skeleton(parse(sent_by_mail(name, make, smtp).get_body(("html",)).get_content()))
    for number, text in enumerate(texts):
        monkeypatch.setattr(test_mails, "TITLE", text)
        monkeypatch.setattr(test_mails, "PERSON", f"nora{number}@example.org")
        message = sent_by_mail(name, make, smtp)
        tree = parse(message.get_body(("html",)).get_content())
        # Some messages list what came before.
        assert skeleton(tree).keys() == usual.keys(), text
        for element in elements(tree):
            for attribute in ("href", "src"):
                address = element.get(attribute) or "http://localhost"
                assert address.startswith(("http://localhost", "tel:")), text
        assert set(message.keys()) <= _HEADERS
        assert (message["Cc"], message["Bcc"]) == (None, None)


_HEADERS = {
    "Auto-Submitted",
    "Content-Type",
    "Date",
    "From",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
}


@pytest.mark.no_database
def test_spreadsheets_take_none_for_a_formula() -> None:
    written = write_csv([[text, f" {text}", f"\t{text}"] for text in TEXTS])
    for row in csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";"):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert not cell.startswith(("\t", "\r"))


def owner() -> Owner:
    member = factories.user()
    return Owner(factories.organisation(member), member)


def csv_records() -> list[Record]:
    lines = [
        files.JOB
        | {
            "reference": f"RH-{number}",
            "titre": f"Aide-soignante {one_line(text)}"[:150],
            "description": f"Vous accompagnez 24 personnes. {text}",
            "contact": text,
            "adresse": one_line(text),
        }
        for number, text in enumerate(TEXTS)
    ]
    return list(read_csv([Source.of("annonces.csv", files.csv_file(*lines))]))


def lheo_records() -> list[Record]:
    made = [
        files.formation(
            files.action(f"A{number}", conditions_specifiques=files.escape(_xml(text))[:250]),
            number=f"F{number}",
            title=f"Aide-soignant {_xml(text)}"[:250],
            content=files.escape(_xml(text)),
        )
        for number, text in enumerate(TEXTS)
    ]
    return list(read_lheo([Source.of("catalogue.xml", files.lheo(*made))]))


def _xml(text: str) -> str:
    """Return what XML allows of a text."""
    return "".join(char for char in text if char >= " " or char in "\t\n")


@pytest.mark.parametrize(("source", "records"), [("csv", csv_records), ("lheo", lheo_records)])
def test_files_of_members_bring_no_markup(
    source: str, records: Callable[[], list[Record]], now: dt.datetime, sign_in: SignIn
) -> None:
    whose = owner()
    told = records()
    assert len(told) == 100
    report = run_import(source, told, write=True, full=False, now=now, owner=whose)
    assert report.created + report.quarantined_total == 100
    assert report.created >= 90
    browser = sign_in(whose.actor)
    query = select(Listing).where(Listing.organisation_id == whose.organisation.id)
    for one in db.session.scalars(query).all()[::4]:
        # Its members see it before it is published.
        assert not _unusual(page(browser, one.path))
    page(browser, "/recruter/annonces/")


def _unusual(tree: Any) -> set[str]:
    """Return the tags of the text of a listing that no text has."""
    texts = tree.xpath("//section[contains(@class, 'prose')]")
    return {one.tag for text in texts for one in elements(text)} - TAGS - {"section", "h2"}
