"""A path published by an organisation is searched, shown, answered and followed like the rest."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.listings import queries
from app.listings.enums import Kind, Status
from app.listings.models import Listing
from app.organisations.enums import OrganisationKind
from app.search import criteria, fallback
from app.search.reading import read
from app.search.vocabulary import search_words
from tests import factories
from tests.applications.pages import answer, hidden, page
from tests.search.test_search import Found, Index

TITLE = "De l’entretien au soin, financé, avec tutrice"


def path(**values: object) -> Listing:
    """Return the path of an ASH to the profession of AS, with six places."""
    return factories.listing(
        Kind.PATH,
        **{
            "title": TITLE,
            "slug": "de-l-entretien-au-soin",
            "from_profession_id": factories.profession("agent-de-service-hospitalier").id,
            "positions": 6,
            "funding": ["plan-employeur"],
            "duration_months": 11.0,
        }
        | values,
    )


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_each_organisation_publishes_a_path_with_its_places(
    sign_in, kind: OrganisationKind
) -> None:  # type: ignore[no-untyped-def]
    member = factories.user()
    owner = factories.organisation(member, kind=kind)
    # Known already: online without waiting for the team.
    factories.listing(organisation=owner)
    start = factories.profession("agent-de-service-hospitalier").id
    browser = sign_in(member)

    address = "/recruter/annonces/nouvelle?type=parcours"
    sent = browser.post(
        address,
        data=hidden(browser.get(address))
        | {
            "title": TITLE,
            "description": "Six mois d’école, une tutrice dans le service et un poste à la fin.",
            "from_profession_id": str(start),
            "profession_id": str(factories.profession().id),
            "diploma_id": "",
            "duration_months": "11",
            "positions": "6",
            "funding": ["plan-employeur"],
            "place": "Bron (69500)",
            "contact_name": "Mme Ravier",
            "modality": "on_site",
            "action": "publish",
        },
    )

    assert sent.status_code == 303
    listing = db.session.scalars(select(Listing).where(Listing.kind == Kind.PATH)).one()
    assert (listing.status, listing.positions) == (Status.PUBLISHED, 6)
    assert listing.from_profession_id == start


def test_its_card_says_from_where_to_where_with_how_many_places() -> None:
    listing = path()

    card = queries.listing_cards([listing.id], clock.now())[listing.id]

    facts = [fact.replace("\u00a0", " ") for fact in card.facts]
    assert facts[:2] == ["Agent·e de service hospitalier → Aide-soignant·e", "6 places"]
    assert card.key_number.replace("\u00a0", " ") == "11 mois"


def test_its_page_says_the_places_and_leads_to_the_explorer(client: FlaskClient) -> None:
    shown = client.get(path().path).get_data(as_text=True)

    assert "6\u00a0places" in shown
    assert 'href="/evoluer?de=agent-de-service-hospitalier&amp;vers=aide-soignant"' in shown
    assert "Point de départ" in shown


def test_a_path_without_a_start_tells_no_start(client: FlaskClient) -> None:
    listing = path(from_profession_id=None, positions=1)

    card = queries.listing_cards([listing.id], clock.now())[listing.id]

    assert not any("→" in fact or "place" in fact for fact in card.facts)
    shown = client.get(listing.path).get_data(as_text=True)
    assert 'href="/evoluer?de=debutant&amp;vers=aide-soignant"' in shown


@pytest.mark.parametrize(
    "words",
    [
        "devenir aide-soignante quand on est ASH",
        "ASH",
        "aide soignante",
        "agente de service hospitalier",
    ],
)
def test_both_searches_find_it_by_either_end(index: Index, found: Found, words: str) -> None:
    listing = path()
    factories.listing(title="Psychologue", profession_id=factories.profession("psychologue").id)
    index()

    by_engine = found(q=words)
    asked = criteria.parse({"q": words})
    by_database = fallback.search(asked, read(words, search_words().lexicon), clock.now())

    assert by_engine.engine == "meilisearch"
    assert [hit.listing_id for hit in by_engine.hits] == [listing.id]
    assert [hit.listing_id for hit in by_database.hits] == [listing.id]


def test_it_is_answered_and_followed_like_the_rest(client: FlaskClient) -> None:
    listing = path()
    answer(client, listing)

    application = db.session.scalars(select(Application)).one()
    followed = client.get(f"/candidature/{application.reference}").get_data(as_text=True)
    assert TITLE in followed


@pytest.mark.parametrize(
    ("typed", "title", "text", "unsure"),
    [
        (
            "devenir infirmière quand on est aide-soignante",
            "D’aide-soignant·e à infirmier·ère",
            "Environ 27 mois.",
            False,
        ),
        ("ASH vers maître de maison", "D’agent·e de service hospitalier à", "1 mois.", True),
        ("passer de psychologue à aide-soignante", "De psychologue à", "Pas de passage", False),
        ("moniteur éducateur vers assistant familial", "De moniteur·rice", "Durée non", False),
        ("devenir aide-soignante", "Devenir aide-soignant·e", "Sans diplôme", False),
        ("évoluer auxiliaire de vie", "Évoluer quand on est auxiliaire", "possibles", False),
        ("aide-soignante", "Aide-soignant·e", "", False),
    ],
)
def test_the_answer_of_the_base_comes_before_the_listings(
    index: Index, client: FlaskClient, typed: str, title: str, text: str, unsure: bool
) -> None:
    factories.listing()
    index()

    found = page(client.get("/recherche", query_string={"q": typed}))

    block = found.select_one("section[aria-labelledby=answer]")
    assert block is not None
    told = " ".join(block.get_text(" ").split())
    assert title in told
    assert text in told
    assert ("à confirmer" in told) == unsure
    assert block.a["href"].startswith(("/evoluer?", "/metiers/"))


def test_a_search_for_listings_and_the_next_pages_have_no_answer_above(
    index: Index, client: FlaskClient
) -> None:
    factories.listing()
    index()

    for query in ("q=aide-soignante+de+jour", "q=aide-soignante&page=2", "", "q=zzz"):
        assert 'aria-labelledby="answer"' not in client.get(f"/recherche?{query}").text


def test_the_answer_is_there_when_no_listing_is(index: Index, client: FlaskClient) -> None:
    index()

    found = client.get("/recherche", query_string={"q": "passer d’ASH à aide-soignante"}).text

    assert "/evoluer?de=agent-de-service-hospitalier&amp;vers=aide-soignant" in found
