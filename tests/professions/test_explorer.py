"""The explorer: what one asks, what the page answers."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.database import db
from app.geography.queries import find_place
from app.listings.coach.minimum_wage import MinimumWage
from app.listings.enums import Kind
from app.listings.models import Listing
from app.professions.forms import LEVELS, ORDERS, Asked, parse
from app.professions.models import Diploma
from app.professions.pathways import Situation, Wishes, base_of_reference, find
from app.professions.views import ways
from app.professions.views.explorer import url_of
from tests import factories
from tests.listings.counting import count_queries

SLUGS = sorted(["aide-a-domicile", "aide-soignant", "infirmier", "debutant", "zzz", ""])


def text_of(page: str) -> str:
    """Return what is read of a page, on one line."""
    without = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())


def get(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def training(slug: str = "aide-soignant", diploma: str = "deas", **session: Any) -> Listing:
    listing = factories.listing(
        Kind.TRAINING,
        profession_id=factories.profession(slug).id,
        diploma_id=db.session.scalars(select(Diploma.id).where(Diploma.slug == diploma)).one(),
    )
    values = {"starts_at": clock.now() + dt.timedelta(days=30), "capacity": 9, "taken": 2}
    factories.listing_session(listing, **values | session)
    return listing


# ------------------------------------------------------------------- the question


@given(
    asked=st.builds(
        Asked,
        start=st.sampled_from(SLUGS),
        target=st.sampled_from(SLUGS),
        diplomas=st.sets(st.sampled_from(["deas", "tp-advf", "x"])).map(lambda s: tuple(sorted(s))),
        years=st.none() | st.integers(0, 60),
        keep_pay=st.booleans(),
        max_months=st.none() | st.integers(1, 60),
        max_level=st.none() | st.sampled_from(LEVELS),
        radius_km=st.integers(1, 100),
        stay=st.booleans(),
        order=st.sampled_from(list(ORDERS)),
        by=st.sampled_from([(), ("deas",), ("tp-advf", "auxiliaire-de-vie", "deas")]),
    )
)
def test_an_address_gives_back_the_question_that_wrote_it(asked: Asked) -> None:
    assert parse(asked.to_query()) == asked


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    typed=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "de",
                    "vers",
                    "diplome",
                    "annees",
                    "salaire",
                    "mois",
                    "niveau",
                    "ou",
                    "rayon",
                    "sur-place",
                    "ordre",
                    "par",
                ]
            ),
            st.text(max_size=30) | st.sampled_from([*SLUGS, "oui", "3", "9" * 5000, "deas"]),
        ),
        max_size=14,
    )
)
def test_whatever_is_typed_gets_a_page(client: FlaskClient, typed: list[tuple[str, str]]) -> None:
    parse(MultiDict(typed))

    assert client.get("/evoluer", query_string=MultiDict(typed)).status_code == 200


def test_what_means_nothing_is_named_and_the_rest_is_kept(client: FlaskClient) -> None:
    page = get(
        client, "/evoluer?de=aide-a-domicile&annees=quatre&ordre=zzz&salaire=oui&diplome=deas"
    )

    said = text_of(page)
    assert "« quatre », « zzz »" in said
    assert re.search(r'id="salaire"[^>]* checked', page)
    assert re.search(r'id="diplome-deas"[^>]* checked', page)
    assert re.search(r'value="aide-a-domicile" selected', page)


def test_an_unknown_place_proposes_places(client: FlaskClient) -> None:
    said = text_of(get(client, "/evoluer?de=aide-a-domicile&ou=Vilurbane"))

    assert "Nous ne trouvons pas ce lieu" in said


# ------------------------------------------------------------------- the answer


def test_without_a_target_each_profession_within_reach_has_a_card(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=aide-a-domicile")
    answer = find(base_of_reference(), Situation("aide-a-domicile"), Wishes())

    links = re.findall(r'card__link" href="([^"]+)"', page)
    assert len(links) == len(answer.pathways) > 5
    assert "Pourquoi ce parcours" in text_of(page)


def test_the_link_of_each_card_shows_that_way(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=aide-a-domicile")
    cards = re.findall(r'card__link" href="([^"]+)">.*?<p>(.*?)</p>', page, re.S)

    for address, steps in cards:
        told = get(client, html.unescape(address))
        assert "Le chemin de cette adresse n’existe plus" not in told
        for name in re.findall(r"<strong>(.*?)</strong>", steps):
            assert name in told.partition("Le fil, étape")[2], address


def test_the_best_way_comes_in_detail_and_the_others_after(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=aide-a-domicile&vers=infirmier")

    said = text_of(page)
    assert "D’aide à domicile à infirmier·ère" in said
    for part in ("Durée de formation", "Qui paie ?", "Le fil, étape par étape", "Vous êtes ici"):
        assert part in said
    assert "Les autres chemins" in said


def test_blocks_held_are_told_from_those_to_follow(client: FlaskClient) -> None:
    said = text_of(get(client, "/evoluer?de=assistant-maternel&vers=accompagnant-petite-enfance"))

    assert "Ce qui est acquis, ce qui reste" in said
    assert "Déjà acquis" in said
    assert "À suivre" in said


def test_what_was_not_read_is_to_be_confirmed(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=aide-soignant&vers=infirmier-coordinateur")

    assert "à confirmer" in text_of(page)


def test_pay_is_given_before_and_after_with_its_year(client: FlaskClient) -> None:
    said = text_of(get(client, "/evoluer?de=aide-a-domicile&vers=aide-soignant"))

    assert "1\u00a0823\u00a0€ → 1\u00a0836 à 2\u00a0077\u00a0€" in said.replace(
        " €", "\u00a0€"
    ) or ("1 823 € → 1 836 à 2 077 €" in said)
    assert "avant : chiffres de 2026 ; après : chiffres de 2024" in said
    assert "Personne ne peut être payé moins que le SMIC : 1 823,03 € brut par mois" in said


def test_a_pay_under_the_minimum_of_the_day_is_raised_and_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    risen = MinimumWage(dt.date(2026, 6, 1), 1_280, 190_000, verified=True, source="S63")
    monkeypatch.setattr(ways, "minimum_wage", lambda _day: risen)

    said = text_of(get(client, "/evoluer?de=aide-a-domicile&vers=aide-soignant"))

    assert "1 900 € → 1 900 à 2 141 €" in said
    assert "1 836" not in said
    assert "avant : SMIC du 1er juin 2026 ; après : chiffres de 2024, relevés au SMIC du" in said


def test_open_sessions_with_seats_are_counted_and_linked(client: FlaskClient) -> None:
    training()

    page = get(client, "/evoluer?de=aide-a-domicile&vers=aide-soignant")

    assert "1 formation ouverte, 7 places" in text_of(page)
    assert 'href="/recherche?type=formation&amp;metier=aide-soignant"' in page


def test_the_next_departure_is_the_first_session_with_room(client: FlaskClient) -> None:
    training(starts_at=clock.now() + dt.timedelta(days=10), capacity=3, taken=3)

    full = text_of(get(client, "/evoluer?de=auxiliaire-de-puericulture&vers=aide-soignant"))
    training()
    room = text_of(get(client, "/evoluer?de=auxiliaire-de-puericulture&vers=aide-soignant"))

    assert "Aucune date ouverte" in full
    assert "Aucune date ouverte" not in room


def test_a_training_that_says_no_diploma_opens_a_date_too(client: FlaskClient) -> None:
    training().diploma_id = None
    db.session.commit()

    page = text_of(get(client, "/evoluer?de=auxiliaire-de-puericulture&vers=aide-soignant"))

    assert "1 formation ouverte" in page
    assert "Aucune date ouverte" not in page


def test_a_diploma_held_is_not_one_to_prepare(client: FlaskClient) -> None:
    asked = "/evoluer?de=aide-a-domicile&vers=infirmier&diplome=tp-advf&annees=4"

    lead = re.search(r'class="lead">(.*?)</p>', get(client, asked), re.DOTALL)

    assert lead
    assert "assistant de vie" not in lead[1]
    assert "aide-soignant" in lead[1]


def test_listings_are_counted_near_the_place(client: FlaskClient) -> None:
    training()
    far = "/evoluer?de=aide-a-domicile&vers=aide-soignant&ou=Brest"

    assert "Aucune session ouverte annoncée" in text_of(get(client, far))


def test_without_moving_only_what_is_taught_near_is_proposed(client: FlaskClient) -> None:
    training()
    place = find_place("Bron")
    assert place is not None
    near = "/evoluer?de=auxiliaire-de-puericulture&ou=Bron&sur-place=oui"

    page = get(client, near)

    links = re.findall(r'card__link" href="([^"]+)"', page)
    assert any("vers=aide-soignant" in link for link in links)
    assert not any("vers=infirmier&" in link for link in links)


def test_where_to_try_the_profession_comes_first(client: FlaskClient) -> None:
    immersion = factories.listing(
        Kind.IMMERSION, title="Une journée avec nous", profession_id=factories.profession().id
    )
    factories.listing_session(immersion, starts_at=clock.now() + dt.timedelta(days=5))

    page = get(client, "/evoluer?de=aide-a-domicile&vers=aide-soignant")

    assert page.index("Une journée avec nous") < page.index("Diplôme d’État d’aide-soignant <small")


# ------------------------------------------------------------------- bad questions


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/evoluer?de=aide-soignant&vers=aide-soignant", "Vous exercez déjà ce métier"),
        ("/evoluer?de=zzz", "Nous ne connaissons pas votre métier"),
        ("/evoluer?de=aide-a-domicile&vers=zzz", "Nous ne connaissons pas le métier visé"),
        ("/evoluer?de=aide-a-domicile&diplome=zzz", "nous ne connaissons pas"),
        ("/evoluer?de=aide-a-domicile&annees=99", "nombre d’années"),
        ("/evoluer?de=debutant&vers=aide-soignant&diplome=dei", "niveau plus élevé"),
        (
            "/evoluer?de=aide-a-domicile&vers=infirmier&mois=1",
            "Aucun chemin ne respecte toutes vos limites",
        ),
    ],
)
def test_a_contradiction_gets_a_sentence(client: FlaskClient, address: str, sentence: str) -> None:
    assert sentence in text_of(get(client, address))


def test_nothing_within_the_limits_proposes_to_drop_them(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=aide-a-domicile&vers=infirmier&mois=1&salaire=oui&annees=4")

    assert 'href="/evoluer?de=aide-a-domicile&amp;vers=infirmier&amp;annees=4"' in page


def test_a_way_that_is_gone_says_so_and_shows_the_best(client: FlaskClient) -> None:
    said = text_of(get(client, "/evoluer?de=aide-a-domicile&vers=aide-soignant&par=zzz"))

    assert "n’existe plus avec ces choix" in said
    assert "Le fil, étape par étape" in said


def test_what_is_typed_is_never_markup(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=<b>x&vers=<b>y&annees=<b>z&ou=<b>w&diplome=<b>v&par=<b>u")

    assert "<b>" not in page


# ------------------------------------------------------------------- the page


def test_the_page_asks_little_of_the_database(client: FlaskClient) -> None:
    for slug in ("aide-soignant", "infirmier", "aide-a-domicile"):
        factories.listing(profession_id=factories.profession(slug).id)
    training()
    address = "/evoluer?de=aide-a-domicile&vers=infirmier&annees=4&ou=Bron"
    get(client, address)

    with count_queries() as statements:
        get(client, address)

    assert len(statements) <= 6, statements


def test_a_training_read_in_sources_is_described_to_search_engines(client: FlaskClient) -> None:
    known = get(client, "/evoluer?de=agent-de-service-hospitalier&vers=aide-soignant")
    vague = get(client, "/evoluer?de=aide-a-domicile&vers=directeur-etablissement")

    written = re.search(r'<script type="application/ld\+json">(.*?)</script>', known, re.S)
    assert written is not None
    program = json.loads(written[1])
    assert program["@type"] == "EducationalOccupationalProgram"
    assert program["timeToComplete"] == "P11M"
    assert "ld+json" not in vague


def test_the_plain_question_is_kept_by_search_engines_and_not_its_variants(
    client: FlaskClient,
) -> None:
    plain = "/evoluer?de=aide-a-domicile&vers=aide-soignant"

    assert 'rel="canonical"' in get(client, plain)
    assert 'content="noindex' in get(client, f"{plain}&annees=4")


def test_the_printed_page_bears_its_address_and_its_date(client: FlaskClient) -> None:
    page = get(client, "/evoluer?de=aide-a-domicile&vers=aide-soignant")

    assert url_of(Asked(start="aide-a-domicile", target="aide-soignant")) in html.unescape(page)
    assert str(clock.paris_date(clock.now()).year) in page
