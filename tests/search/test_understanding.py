"""What people type, understood and shown; bad input gets an answer or a question."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.geography.queries import PLACES
from app.listings.enums import DiplomaNeed, Kind
from app.search import queries, rebuild
from app.search.client import engine
from app.search.criteria import parse
from app.search.marks import asked
from app.search.reading import MAX_NAMED, MAX_WORDS
from app.search.understanding import told, understand, understood, understood_chips
from app.search.vocabulary import search_words
from tests import factories
from tests.search.test_search import Found, Index, by_database

relaxed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
SAMPLES = [
    "as", "AS", "aide", "soignante", "infirmière", "éducateur", "nuit", "de", "à", "Lyon", "8e",
    "bron", "69500", "Saint-Martin", "près", "chez", "moi", "sans", "diplôme", "enfants", "pas",
    "handicapés", "week-end", "je", "cherche", "💊", "·e", "(e)", "H/F", "…", "l’", "kiné", "me",
]  # fmt: skip


def wishes(text: str) -> list[str]:
    """Return what is understood beside the professions and the place."""
    return [meaning.label for meaning in understand(parse({"q": text})).meanings]


def place_of(text: str) -> str | None:
    """Return the name of the place read."""
    found = understand(parse({"q": text})).place
    return found and found.name


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("sans diplôme", ["Sans diplôme"]),
        ("débutant accepté", ["Sans diplôme"]),
        ("je n’ai pas de diplôme", ["Sans diplôme"]),
        ("mi-temps", ["Temps partiel"]),
        ("mitemps", ["Temps partiel"]),
        ("le week-end", ["Week-ends inclus"]),
        ("pas de week-end", ["Du lundi au vendredi"]),
        ("pas de nuit", ["De jour"]),
        ("en apprentissage", ["Alternance"]),
        ("formation", ["Formations"]),
        ("stage", ["Stages"]),
        ("immersion", ["Immersions et visites"]),
        ("enfants handicapés", ["Enfants et jeunes en situation de handicap"]),
        ("enfants en situation de handicap", ["Enfants et jeunes en situation de handicap"]),
        ("papis et mamies", ["Personnes âgées"]),
        ("hôpital", ["Hôpital public"]),
        ("je voudrais travailler avec des enfants handicapés sans diplôme",
         ["Enfants et jeunes en situation de handicap", "Sans diplôme"]),
        ("je cherche un travail auprès des personnes âgées le week-end à Bron",
         ["Personnes âgées", "Week-ends inclus"]),
        ("garde d’enfants handicapés", ["Enfants et jeunes en situation de handicap"]),
        ("aide-soignante", []),
    ],
)  # fmt: skip
def test_wishes_are_read_in_everyday_words(typed: str, labels: list[str]) -> None:
    assert wishes(typed) == labels


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("as nuit villeurbane", "Villeurbanne"),
        ("infirmière lyon 8", "Lyon 8e"),
        ("infirmière lyon 8e arrondissement", "Lyon 8e"),
        ("bron 69500", "Bron"),
        ("69500 bron", "Bron"),
        ("ash 69500", "Bron"),
        ("à côté de Givors", "Givors"),
        ("eje caluire", "Caluire-et-Cuire"),
        ("ergothérapeute tours", "Tours"),
        ("aide soignante à Saint-Cyr-l’École", "Saint-Cyr-l’École"),
        # Words that are communes too.
        ("travail de nuits", None),
        ("chef de service", None),
        ("la garde", None),
        ("je cherche un travail dans la vie", None),
        ("petit boulot sage", None),
        ("école", None),
    ],
)
def test_the_place_is_read_in_the_words(typed: str, name: str | None) -> None:
    assert place_of(typed) == name


def test_every_commune_of_the_territory_is_read_as_people_type_it() -> None:
    for place in PLACES.get().ranked:
        if place.in_territory and not place.parent_code:
            assert place_of(f"infirmière {place.name.lower()}") == place.name


def test_the_place_of_the_address_comes_before_that_of_the_words() -> None:
    criteria = told(parse({"q": "infirmière bron", "ou": "Villeurbanne"}))
    assert criteria.place is not None
    assert criteria.place.name == "Villeurbanne"
    assert criteria.q == "infirmière bron"


def test_a_name_of_many_communes_is_a_question() -> None:
    for typed in ("Saint-Martin", "aide soignante Saint-Martin"):
        criteria = parse({"q": typed})
        assert understand(criteria).place is None
        asking = understood(criteria).places
        assert asking is not None
        assert len(asking.answers) > 1
        assert "Saint-Martin" not in parse({"q": told(criteria).q}).place_text


def test_near_me_asks_where_unless_a_place_is_known() -> None:
    assert understood(parse({"q": "aide soignante près de chez moi"})).where
    assert not understood(parse({"q": "aide soignante autour de moi", "ou": "Bron"})).where


@pytest.mark.parametrize(
    ("typed", "several"),
    [("éducateur", True), ("AVS", True), ("as", True), ("AES", False), ("as nuit", False)],
)
def test_an_ambiguous_name_is_asked_about_when_nothing_tells(typed: str, several: bool) -> None:
    question = understood(parse({"q": typed})).professions
    assert bool(question) is several
    for answer in question.answers if question else ():
        assert answer.url.startswith("/recherche?q=")


def test_each_piece_understood_can_be_taken_out() -> None:
    criteria = parse({"q": "infirmière de nuit à Villeurbanne", "contrat": "cdi"})
    chips = understood_chips(criteria, understand(criteria))
    assert [(chip.label, chip.url) for chip in chips] == [
        ("Infirmier·ère", "/recherche?q=de+nuit+%C3%A0+Villeurbanne&contrat=cdi"),
        ("De nuit", "/recherche?q=infirmi%C3%A8re+%C3%A0+Villeurbanne&contrat=cdi"),
        ("Villeurbanne", "/recherche?q=infirmi%C3%A8re+de+nuit&contrat=cdi"),
    ]


def test_plain_words_are_read_as_they_are_and_the_way_back_is_shown() -> None:
    plain = parse({"q": "as de nuit", "mots": "tels-quels"})
    assert understand(plain).words == ("as", "de", "nuit")
    assert understand(plain).professions == ()
    assert understood(plain).other_url == "/recherche?q=as+de+nuit"
    assert understood(parse({"q": "as de nuit"})).other_url.endswith("mots=tels-quels")


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(SAMPLES)).map(" ".join)))
@relaxed
def test_reading_never_fails_and_its_work_is_bounded(text: str) -> None:
    criteria = parse({"q": text})
    reading = understand(criteria)
    assert reading == understand(parse({"q": text}))
    assert len(reading.words) <= MAX_WORDS
    assert max(len(reading.professions), len(reading.meanings)) <= MAX_NAMED
    assert len(asked(reading).split()) <= MAX_WORDS
    assert all(0 <= one.start < one.end <= len(criteria.q) for one in reading.parts)
    # What is told in the field of the place is told once for all.
    assert told(told(criteria)) == told(criteria)
    for chip in understood_chips(criteria, reading):
        assert chip.url.startswith("/recherche")


def test_the_name_of_a_thing_understood_is_understood_the_same() -> None:
    for meaning in search_words().meanings:
        if meaning.facets[0][0] != "kind" and len(meaning.facets) == 1:
            again = understand(parse({"q": meaning.label})).facets
            assert set(meaning.facets) <= set(again) or not again, meaning.label


@pytest.mark.parametrize(
    "typed",
    ["", "a", "de la", "💊💊", "' OR 1=1 --", 'kind = "job" OR 1', "%%%___", "z" * 200,
     "je " * 66, "\\", "<script>alert(1)</script>", "Saint-Martin", "((((((", "69000 69500"],
)  # fmt: skip
def test_bad_input_gets_a_page(client: FlaskClient, typed: str) -> None:
    factories.listing()
    rebuild.catch_up_entries(clock.now())
    for more in ({}, {"mots": "tels-quels"}, {"rayon": "1000000"}, {"ou": "Saint-Martin"}):
        answer = client.get("/recherche", query_string={"q": typed, **more})
        assert answer.status_code == 200


def test_words_that_say_nothing_show_everything_and_the_page_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine(), "url", "")
    factories.listing()
    rebuild.catch_up_entries(clock.now())
    page = client.get("/recherche?q=de+la").get_data(as_text=True)
    assert "Ces mots ne disent pas encore" in page
    assert "1 annonce" in page


def test_the_page_shows_what_was_understood(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine(), "url", "")
    factories.listing(title="Aide-soignant·e de nuit")
    rebuild.catch_up_entries(clock.now())
    page = BeautifulSoup(client.get("/recherche?q=as nuit bron").data, "html.parser")
    chips = page.select('[aria-labelledby="understood"] .chip')
    assert [chip.get_text(" ", strip=True) for chip in chips] == [
        "Retirer Aide-soignant·e", "Retirer De nuit", "Retirer Bron",
    ]  # fmt: skip
    assert page.select_one('input[name="ou"]')["value"] == "Bron (69500)"  # type: ignore[index]
    assert page.find("a", string="Chercher ces mots tels quels")


def test_a_wish_left_blank_and_said_in_the_text_is_found(index: Index, found: Found) -> None:
    said = factories.listing(
        title="Aide-soignant·e", schedules=[], description_html="<p>Un poste de nuit.</p>"
    ).id
    coded = factories.listing(title="Aide-soignant·e", schedules=["nuit"]).id
    silent = factories.listing(title="Aide-soignant·e", schedules=[]).id
    denied = factories.listing(
        title="Aide-soignant·e", schedules=[], description_html="<p>Pas de nuit.</p>"
    ).id
    index()
    assert found(q="as nuit").ids[:2] == [coded, said]
    assert set(found(q="as nuit").ids) == {coded, said, silent, denied}
    assert set(found(q="nuit").ids) == {coded, said}
    assert set(by_database(q="as nuit").ids[:2]) == {coded, said}


def test_those_who_serve_a_public_come_first(index: Index, found: Found) -> None:
    tied = factories.listing(title="Intervenant·e", workplace="ime", publics=[]).id
    factories.listing(title="Aide-soignant·e", workplace="ehpad", publics=["personnes-agees"])
    wanted = factories.listing(
        title="Accompagner", publics=["enfants-handicap"], diploma_need=DiplomaNeed.NONE
    ).id
    index()
    asked_for = "je voudrais travailler avec des enfants handicapés sans diplôme"
    assert found(q=asked_for).ids[:1] == [wanted]
    assert set(found(q=asked_for).ids) == {wanted, tied}
    assert set(by_database(q=asked_for).ids) == {wanted, tied}


def test_a_profession_the_base_does_not_describe_is_not_replaced(
    index: Index, found: Found
) -> None:
    factories.listing(title="Aide-soignant·e", description_html="<p>Avec une orthophoniste.</p>")
    index()
    assert found(q="orthophoniste").total == 0
    wanted = factories.listing(title="Orthophoniste (H/F)", profession_id=None).id
    index()
    assert found(q="orthophonistes").ids == [wanted]
    assert by_database(q="orthophoniste").ids == [wanted]


def test_a_kind_of_listing_in_the_words_comes_first(index: Index, found: Found) -> None:
    job = factories.listing(title="Aide-soignant·e").id
    training = factories.listing(Kind.TRAINING, title="Aide-soignant·e").id
    index()
    assert found(q="formation aide soignante").ids == [training, job]
    assert found(q="emploi aide soignante").ids == [job, training]


def test_a_title_says_more_than_a_code(index: Index, found: Found) -> None:
    titled = factories.listing(
        title="Aide-soignant·e H/F", profession_id=factories.profession("auxiliaire-de-vie").id
    ).id
    right = factories.listing(
        title="Auxiliaire de vie", profession_id=factories.profession("auxiliaire-de-vie").id
    ).id
    index()
    assert found(q="aide soignante").ids == [titled]
    assert found(q="auxiliaire de vie").ids == [right, titled]


def test_the_place_in_the_words_limits_the_search_everywhere(index: Index, found: Found) -> None:
    near = factories.listing(title="Infirmier·ère").id
    factories.listing(title="Infirmier·ère", commune_code="75056")
    index()
    for results in (found(q="infirmier bron"), by_database(q="infirmier bron")):
        assert results.ids == [near]
        assert results.hits[0].distance_km == 0
    rescue = queries.rescue(parse({"q": "psychologue bron", "rayon": "1"}), clock.now())
    assert all(proposal.total for proposal in rescue.proposals)
