"""The list of the professions and the page of each, as a person meets them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.core import clock
from app.core.database import db
from app.geography.models import Commune
from app.listings.enums import Kind
from app.professions import details, names, queries
from app.professions.details import LegalMinimum
from app.professions.queries import ProfessionEntry
from app.search.rebuild import catch_up_entries
from tests import factories
from tests.listings.counting import count_queries

SLUGS = [
    "aide-soignant",
    "aide-a-domicile",
    "agent-de-service-hospitalier",
    "infirmier",
    "assistant-maternel",
    "psychologue",
]


def page(client: FlaskClient, path: str, status: int = 200, **query: str) -> BeautifulSoup:
    """Open a page and return what it holds."""
    response = client.get(path, query_string=query or None)
    assert response.status_code == status
    return BeautifulSoup(response.text, "lxml")


def words(node: Any) -> str:
    """Return a text with plain spaces, to be compared."""
    return " ".join(node.get_text(" ").split())


def listed(html: BeautifulSoup) -> list[str]:
    """Return the slugs of the professions of a list, in order."""
    return [link["href"].rpartition("/")[2] for link in html.main.select(".job .card__link")]


def profession(slug: str) -> ProfessionEntry:
    """Return a profession of the base."""
    found = queries.profession_by_slug(slug)
    assert found is not None
    return found


# The list


def test_every_profession_is_in_the_list_under_its_field(client: FlaskClient) -> None:
    html = page(client, "/metiers/")

    assert sorted(listed(html)) == sorted(entry.slug for entry in queries.professions())
    assert [words(h2) for h2 in html.main.select("section > h2")] == [
        term.label for term in queries.terms("sector")
    ]


def test_the_list_counts_what_is_open_in_one_query(client: FlaskClient) -> None:
    factories.listing()
    factories.listing(Kind.TRAINING)
    db.session.commit()
    client.get("/metiers/")

    with count_queries() as asked:
        html = page(client, "/metiers/", q="aide-soignante")

    assert len(asked) == 1
    assert "2 annonces" in words(html.main.select_one(".job"))


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ({"domaine": "domicile"}, lambda one: one.sector == "domicile"),
        ({"diplome": "sans"}, lambda one: one.open_without_diploma),
        ({"public": "autisme"}, lambda one: "autisme" in one.data["publics"]),
        ({"niveau": "bac-3"}, lambda one: (details.level_of(one) or 0) >= 6),
        (
            {"domaine": "domicile", "diplome": "sans"},
            lambda one: one.sector == "domicile" and one.open_without_diploma,
        ),
    ],
)
def test_filters_leave_the_professions_that_match(
    client: FlaskClient, query: dict[str, str], right: Callable[[ProfessionEntry], bool]
) -> None:
    found = set(listed(page(client, "/metiers/", **query)))

    assert found == {entry.slug for entry in queries.professions() if right(entry)}
    assert found


def test_each_filter_says_what_it_leaves_and_is_taken_off_by_a_link(client: FlaskClient) -> None:
    html = page(client, "/metiers/")
    chip = next(a for a in html.main.select("a.chip") if words(a).startswith("Aide à domicile"))

    filtered = page(client, chip["href"])
    on = filtered.main.select_one("a.chip--on")

    assert str(len(listed(filtered))) in words(chip)
    assert on is not None
    assert len(listed(page(client, on["href"]))) == len(queries.professions())


def test_a_filter_that_means_nothing_is_said_and_left_out(client: FlaskClient) -> None:
    html = page(client, "/metiers/", niveau="doctorat", public="<b>")

    assert "« doctorat » n’est pas un choix connu" in words(html.main)
    assert len(listed(html)) == len(queries.professions())


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("aide a domicile", "aide-a-domicile"),
        ("Aide-Soignante", "aide-soignant"),
        ("aide soigniante", "aide-soignant"),
        ("AS", "aide-soignant"),
        ("ash", "agent-de-service-hospitalier"),
        ("IDE", "infirmier"),
        ("infirmeir", "infirmier"),
        ("éduc spé", "educateur-specialise"),
        ("nounou", "assistant-maternel"),
        ("auxiliere de vie", "auxiliaire-de-vie"),
        ("je veux devenir infirmière", "infirmier"),
        ("assistante sociale", "assistant-service-social"),
    ],
)
def test_a_profession_is_found_by_what_people_type(
    client: FlaskClient, typed: str, first: str
) -> None:
    assert listed(page(client, "/metiers/", q=typed))[0] == first


@pytest.mark.parametrize("typed", ["zzqx", "boulanger", "\x00", "%", "é" * 300])
def test_a_name_that_means_nothing_leads_back_to_the_list(client: FlaskClient, typed: str) -> None:
    html = page(client, "/metiers/", q=typed)

    assert listed(html) == [] or typed == "\x00"
    assert html.main.find("a", href="/metiers/") or typed == "\x00"


def test_a_name_hidden_by_the_filters_is_shown_without_them(client: FlaskClient) -> None:
    html = page(client, "/metiers/", q="infirmier", diplome="sans")

    assert listed(html) == []
    assert html.main.find("a", href="/metiers/infirmier")


def test_only_the_whole_list_is_kept_by_search_engines(client: FlaskClient) -> None:
    whole, part = page(client, "/metiers/"), page(client, "/metiers/", domaine="soin")

    assert whole.find("link", rel="canonical")["href"].endswith("/metiers/")
    assert part.find("meta", attrs={"name": "robots"})["content"] == "noindex, follow"


# A page


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_asks_at_most_six_queries(client: FlaskClient, slug: str) -> None:
    for kind in Kind:
        listing = factories.listing(kind, profession_id=profession(slug).id)
        factories.listing_session(listing)
    db.session.commit()
    client.get(f"/metiers/{slug}?ou=Bron")

    with count_queries() as asked:
        client.get(f"/metiers/{slug}?ou=Bron")

    assert len(asked) <= 6


def test_each_page_has_its_title_its_description_and_its_address(client: FlaskClient) -> None:
    titles, descriptions = set(), set()
    for entry in queries.professions():
        html = page(client, f"/metiers/{entry.slug}", ou="Bron")
        titles.add(html.title.string)
        descriptions.add(html.find("meta", attrs={"name": "description"})["content"])
        assert html.find("link", rel="canonical")["href"].endswith(f"/metiers/{entry.slug}")

    assert len(titles) == len(descriptions) == len(queries.professions())


@pytest.mark.parametrize("name", ["as", "aide-soignante", "AIDE-SOIGNANT·E", "aide%20soignante"])
def test_another_name_leads_to_the_page(client: FlaskClient, name: str) -> None:
    response = client.get(f"/metiers/{name}?ou=Bron")

    assert response.status_code == 301
    assert response.location == "/metiers/aide-soignant?ou=Bron"


def test_a_name_shared_by_several_professions_leads_to_none() -> None:
    shared = [acronym for acronym, slugs in queries.vocabulary().acronyms.items() if len(slugs) > 1]

    assert all(names.named(acronym) is None for acronym in shared)


def test_an_unknown_profession_proposes_the_closest_names(client: FlaskClient) -> None:
    html = page(client, "/metiers/infirmiere-volante", 404)

    assert html.main.find("a", href="/metiers/infirmier")
    assert html.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert html.main.find("a", href="/metiers/")
    assert page(client, "/metiers/zzqx", 404)


def test_listings_are_counted_by_kind_and_by_workplace_with_the_search_that_shows_them(
    client: FlaskClient,
) -> None:
    factories.listing(workplace="ehpad")
    factories.listing(workplace="ehpad")
    factories.listing(Kind.IMMERSION)
    db.session.commit()

    html = page(client, "/metiers/aide-soignant")
    kinds = {link["href"]: words(link) for link in html.main.select("a.kchip")}
    workplace = html.main.find("a", href="/recherche?metier=aide-soignant&etablissement=ehpad")

    assert kinds["/recherche?type=emploi&metier=aide-soignant"] == "2 Emplois"
    assert kinds["/recherche?type=immersion&metier=aide-soignant"] == "1 Immersion"
    assert words(workplace) == "EHPAD 2 annonces"
    catch_up_entries(clock.now())
    assert client.get(workplace["href"]).status_code == 200


def test_only_what_is_near_is_shown_to_who_says_where(client: FlaskClient) -> None:
    far = db.session.get(Commune, "69264")
    assert far is not None
    factories.listing(title="Tout près")
    factories.listing(
        title="Au loin",
        commune_code=far.code,
        latitude=far.latitude,
        longitude=far.longitude,
    )
    db.session.commit()

    near = words(page(client, "/metiers/aide-soignant", ou="Bron", rayon="5").main)
    everywhere = words(page(client, "/metiers/aide-soignant").main)

    assert "Tout près" in near
    assert "à moins de 1 km" in near
    assert "Au loin" not in near
    assert "Au loin" in everywhere


@pytest.mark.parametrize("radius", ["0", "-3", "9" * 40, "²", "500"])
def test_a_radius_that_means_nothing_is_bounded(client: FlaskClient, radius: str) -> None:
    page(client, "/metiers/aide-soignant", ou="Bron", rayon=radius)


def test_an_unknown_place_is_said_and_nothing_is_hidden(client: FlaskClient) -> None:
    factories.listing(title="Ici ou là")
    db.session.commit()

    html = page(client, "/metiers/aide-soignant", ou="Atlantis")

    assert "Nous ne trouvons pas « Atlantis »" in words(html.main)
    assert "Ici ou là" in words(html.main)


def test_nothing_near_is_said_with_another_way(client: FlaskClient) -> None:
    html = page(client, "/metiers/psychologue", ou="Bron")

    assert "Rien d’ouvert pour ce métier" in words(html.main)
    assert html.main.find("a", href="/metiers/psychologue#annonces")


def test_the_training_card_counts_the_sessions_and_the_seats_left(client: FlaskClient) -> None:
    diploma = next(d for d in queries.diplomas() if d.slug == "deas")
    training = factories.listing(Kind.TRAINING, diploma_id=diploma.id)
    factories.listing_session(training, capacity=12, taken=5)
    db.session.commit()

    cards = words(page(client, "/metiers/aide-soignant").find(id="acces").parent)

    assert "1 formation ouverte, 7 places libres" in cards


def test_a_page_leads_to_each_move_from_and_to_the_profession(client: FlaskClient) -> None:
    entry = profession("aide-soignant")
    html = page(client, "/metiers/aide-soignant")
    links = {link["href"] for link in html.main.find_all("a", href=True)}

    for move in (*details.moves_from(entry), *details.moves_to(entry)):
        assert f"/evoluer?de={move.from_slug}&vers={move.to_slug}" in links
    assert details.moves_from(entry)
    assert details.moves_to(entry)


# The pay


def test_the_pay_tells_the_complement_apart(client: FlaskClient) -> None:
    pay = words(page(client, "/metiers/aide-soignant").find(id="paie").parent)

    assert "1 836,20 €" in pay
    assert "241,22 € (183 € net)" in pay
    assert "2 077,42 €" in pay
    assert "Données de 2024." in pay


def test_what_was_not_verified_is_to_be_confirmed(client: FlaskClient) -> None:
    assert not profession("infirmier").data["pay"]["verified"]

    facts = words(page(client, "/metiers/infirmier").select_one("dl.dl"))

    assert "brut à confirmer" in facts


@pytest.mark.parametrize("entry", SLUGS)
def test_nobody_is_paid_less_than_the_minimum_of_the_day(entry: str) -> None:
    minimum = LegalMinimum(190_000, dt.date(2027, 1, 1), True, "S63")

    pay = details.pay_of(profession(entry), minimum)

    assert pay is not None
    assert pay.low_cents >= minimum.cents
    assert pay.high_cents >= pay.low_cents


def test_a_new_minimum_carries_the_complement(client: FlaskClient) -> None:
    minimum = LegalMinimum(190_000, dt.date(2027, 1, 1), False, None)

    pay = details.pay_of(profession("agent-de-service-hospitalier"), minimum)

    assert pay is not None
    assert (pay.low_cents, pay.high_cents) == (190_000, 214_122)
    assert pay.minimum == minimum
    assert not pay.verified


def test_the_sources_are_listed_at_the_foot(client: FlaskClient) -> None:
    html = page(client, "/metiers/aide-soignant")
    fold = next(f for f in html.main.find_all("details") if "D’où viennent" in f.summary.text)

    for code in profession("aide-soignant").data["pay"]["sources"]:
        assert words(BeautifulSoup(queries.sources()[code].title, "lxml")) in words(fold)


# What search engines read


@pytest.mark.parametrize("slug", SLUGS)
def test_an_occupation_says_only_what_is_true(client: FlaskClient, slug: str) -> None:
    html = page(client, f"/metiers/{slug}")
    data = json.loads(html.find("script", type="application/ld+json").string)
    entry = profession(slug)

    assert data["@type"] == "Occupation"
    assert data["name"] == entry.label
    assert data["description"] == entry.summary
    assert ("estimatedSalary" in data) == entry.data["pay"]["verified"]
    assert all(value not in ("", [], None) for value in data.values())


# A portrait


def test_a_portrait_is_told_and_its_absence_shows_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = profession("aide-soignant")
    portrait = {
        "day": ({"time": "6 h 45", "title": "Les transmissions", "text": "L’équipe raconte."},),
        "hard": ("Porter.",),
        "good": ("Le lien.",),
        "schedules": ("nuit",),
        "schedule_note": "Un week-end sur deux.",
        "start_without_diploma": "Commencez comme ASH.",
    }
    told = replaced(entry, MappingProxyType(dict(entry.data) | {"portrait": portrait}))
    without = {key: value for key, value in entry.data.items() if key != "portrait"}
    silent = replaced(entry, MappingProxyType(without))

    monkeypatch.setattr(queries, "profession_by_slug", lambda _slug: told)
    html = words(page(client, "/metiers/aide-soignant").main)
    for said in ("6 h 45", "L’équipe raconte.", "Porter.", "Le lien.", "De nuit", "Un week-end"):
        assert said in html
    assert "Récit d’une journée ordinaire, écrit par la plateforme." in html
    assert "Commencez comme ASH." in html

    monkeypatch.setattr(queries, "profession_by_slug", lambda _slug: silent)
    assert "Une journée" not in words(page(client, "/metiers/aide-soignant").main)


def replaced(entry: ProfessionEntry, data: Any) -> ProfessionEntry:
    """Return the same profession with other data."""
    fields = {name: getattr(entry, name) for name in ProfessionEntry.__dataclass_fields__}
    return ProfessionEntry(**fields | {"data": data})
