from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.organisations.models import Organisation
from app.search import criteria, documents, fallback, filters, highlights, queries
from app.search.client import Engine
from app.search.reading import read
from app.search.results import SearchResults
from app.search.settings import DISPLAYED, index_settings
from app.search.understanding import told, understand
from app.search.vocabulary import search_words
from tests import factories

Found = Callable[..., SearchResults]
Index = Callable[[], None]


def add(title: str, profession: str = "aide-soignant", **values: Any) -> int:
    trade = factories.profession(profession).id
    return factories.listing(title=title, profession_id=trade, **values).id


def answering(count: int, minutes: int | None) -> Organisation:
    """Return an organisation that ten people wrote to."""
    return factories.organisation(answer_cases=10, answer_count=count, answer_minutes=minutes)


def by_database(**args: Any) -> SearchResults:
    asked = told(criteria.parse(args))
    return fallback.search(asked, understand(asked), clock.now())


@pytest.fixture
def three(index: Index) -> dict[str, int]:
    """Three jobs: a night nurse in Lyon 3e, a day care assistant in Bron, an educator in Paris."""
    ids = {
        "nurse": add(
            "Infirmière ou infirmier de nuit",
            "infirmier",
            commune_code="69383",
            workplace="ehpad",
            schedules=["nuit"],
            publics=["personnes-agees"],
            contract="cdd",
            diploma_need="required",
        ),
        "carer": add("Aide-soignant·e de jour", schedules=["jour"], diploma_need="none"),
        "educator": add(
            "Éducateur·rice spécialisé·e", "educateur-specialise", commune_code="75112"
        ),
    }
    index()
    return ids


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("infirmiere", "nurse"),
        ("Infirmier", "nurse"),
        ("IDE", "nurse"),
        ("infirmère", "nurse"),
        ("infirmiere nuit ehpad", "nurse"),
        ("maison de retraite", "nurse"),
        ("aide-soignante", "carer"),
        ("AS", "carer"),
        ("aide soigniante", "carer"),
        ("aide soignants", "carer"),
        ("ES", "educator"),
        ("educatrice specialisee", "educator"),
        ("éducateur spécialisée", "educator"),
    ],
)
def test_what_people_type_finds_the_listing(
    typed: str, wanted: str, three: dict[str, int], found: Found
) -> None:
    results = found(q=typed)
    assert results.engine == "meilisearch"
    assert results.ids[:1] == [three[wanted]]


def test_a_profession_absent_from_the_listings_is_not_replaced_by_a_mention(
    index: Index, found: Found
) -> None:
    add("Aide-soignant·e", description_html="<p>Vous travaillez avec une puéricultrice.</p>")
    index()
    results = found(q="puéricultrice")
    assert (results.total, results.reading.professions) == (0, ("puericulteur",))


def test_a_profession_is_read_in_the_title_of_a_listing_without_one(
    index: Index, found: Found
) -> None:
    wanted = factories.listing(title="AIDE SOIGNANT(E) H/F", profession_id=None).id
    index()
    assert found(q="aides-soignantes").ids == [wanted]


def test_facets_count_and_ignore_their_own_choice(three: dict[str, int], found: Found) -> None:
    everything = found()
    assert everything.total == 3
    assert everything.facets["contract"] == {"cdi": 2, "cdd": 1}
    assert everything.facets["kind"] == {"job": 3}
    assert everything.facets["diploma"] == {"none": 1, "required": 1, "unknown": 1}
    chosen = found(contrat="cdd", metier="infirmier")
    assert chosen.ids == [three["nurse"]]
    assert chosen.facets["contract"] == {"cdd": 1}
    assert chosen.facets["profession"] == {"infirmier": 1}
    assert found(contrat="cdd").facets["contract"] == {"cdi": 2, "cdd": 1}
    assert found(contrat=["cdd", "cdi"]).total == 3


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"q": "infirmier"},
        {"q": "nuit"},
        {"q": "aide soignante bron"},
        {"type": "emploi", "contrat": ["cdi", "cdd"]},
        {"type": "formation"},
        {"contrat": "cdd", "horaires": "nuit"},
        {"diplome": "sans"},
        {"public": "personnes-agees", "etablissement": "ehpad"},
        {"ou": "Lyon", "rayon": "1"},
        {"ou": "Lyon", "rayon": "30", "tri": "distance"},
        {"ou": "Paris", "tri": "date"},
        {"depuis": "7"},
        {"duree": "moins-de-3-mois"},
        {"page": "40"},
    ],
)
def test_both_engines_give_the_same_answer(
    address: dict[str, Any], three: dict[str, int], found: Found
) -> None:
    engine, database = found(**address), by_database(**address)
    assert (engine.engine, database.engine) == ("meilisearch", "database")
    assert (engine.degraded, database.degraded) == (False, True)
    assert sorted(engine.ids) == sorted(database.ids)
    assert engine.total == database.total
    assert engine.facets == database.facets
    assert {hit.listing_id: hit.distance_km for hit in engine.hits} == {
        hit.listing_id: hit.distance_km for hit in database.hits
    }


def test_a_city_holds_its_arrondissements_at_any_radius(
    three: dict[str, int], found: Found
) -> None:
    assert found(ou="Lyon", rayon="1").ids == [three["nurse"]]
    assert found(ou="Lyon 3e", rayon="1").ids == [three["nurse"]]
    assert set(found(ou="Lyon").ids) == {three["nurse"], three["carer"]}
    assert found(ou="Paris", rayon="1").ids == [three["educator"]]


def test_orders(index: Index, found: Found) -> None:
    now = clock.now()
    far_new = add("Aide-soignant·e", commune_code="69256", published_at=now)
    near_old = add("Aide-soignant·e", published_at=now - dt.timedelta(days=20))
    index()
    assert found(tri="date").ids == [far_new, near_old]
    assert found(ou="Bron", tri="distance").ids == [near_old, far_new]
    by_distance = found(ou="Bron", tri="distance").hits
    assert by_distance[0].distance_km == 0
    assert 1 < (by_distance[1].distance_km or 0) < 10
    assert found(depuis="7").ids == [far_new]
    for results in (by_database(tri="date"), by_database(ou="Vaulx-en-Velin", tri="distance")):
        assert results.ids == [far_new, near_old]


def test_those_who_answer_best_come_first_and_the_unknown_last(index: Index, found: Found) -> None:
    """An event, a listing of elsewhere and a new organisation have no measure."""
    unknown = add("Aide-soignant·e", organisation=factories.organisation())
    silent = add("Aide-soignant·e", organisation=answering(0, None))
    slow = add("Aide-soignant·e", organisation=answering(10, 60 * 24 * 5))
    best = answering(10, 60 * 20)
    fast = add("Aide-soignant·e", organisation=best)
    newest = clock.now() + dt.timedelta(seconds=1)
    event = add("Aide-soignant·e", kind="event", organisation=best, published_at=newest)
    index()
    wanted = [fast, slow, silent, event, unknown]
    assert found(tri="reponse").ids == wanted
    assert by_database(tri="reponse").ids == wanted
    assert found(q="aide soignant", tri="reponse").ids == wanted
    pages = [found(tri="reponse", page=page).ids for page in (1, 2)]
    assert pages == [wanted, []]


def test_the_order_by_answer_is_offered_and_kept_in_the_address(client: Any, index: Index) -> None:
    add("Aide-soignant·e")
    index()
    page = client.get("/recherche?tri=reponse").text
    assert '<option value="reponse" selected>Celles qui répondent le mieux</option>' in page
    asked = criteria.parse({"tri": "reponse"})
    assert asked.to_query() == {"tri": "reponse"}
    assert criteria.parse(asked.to_query()) == asked


def test_a_passed_deadline_hides_the_listing_before_it_is_closed(
    index: Index, found: Found
) -> None:
    add("Aide-soignant·e", closes_at=clock.now() + dt.timedelta(seconds=30))
    index()
    asked = criteria.parse({})
    later = clock.now() + dt.timedelta(minutes=2)
    assert found().total == 1
    assert queries.search(asked, later).total == 0
    assert fallback.search(asked, read("", search_words().lexicon), later).total == 0


def test_highlights_hold_nothing_but_marks(index: Index, found: Found) -> None:
    hostile = '<img src=x onerror=alert(1)> infirmerie "jour" & \ue000nuit\ue001</mark><script>'
    add(hostile)
    index()
    results = found(q="infirmerie")
    title = str(highlights.from_title(hostile, results.reading))
    assert "<mark>infirmerie</mark>" in title
    rest = title.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in rest
    assert '"' not in rest


@given(
    st.text(alphabet=st.sampled_from("<>&\"'ab "), max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4),
)
def test_no_text_passes_through_the_highlighting(title: str, spans: list[tuple[int, int]]) -> None:
    shown = highlights.with_marks(
        title, [span for span in spans if span[0] < span[1] <= len(title)]
    )
    if shown is not None:
        rest = shown.replace("<mark>", "").replace("</mark>", "")
        assert not set("<>\"'") & set(rest)
        assert shown.count("<mark>") == shown.count("</mark>")
        assert html.unescape(rest) == title


def test_the_profession_understood_is_marked_in_titles(index: Index, client: Any) -> None:
    add("Éducateur·rice spécialisé·e de nuit", "educateur-specialise")
    index()
    page = client.get("/recherche?q=ES nuit").text
    assert "<mark>Éducateur·rice spécialisé·e</mark>" in page
    assert "nuit</mark>" in page


def test_values_cannot_leave_their_quotes(three: dict[str, int], engine: Engine) -> None:
    for hostile in ('x" OR kind EXISTS OR kind = "x', 'x\\" OR kind EXISTS', "x'] OR kind EXISTS"):
        query = {"q": "", "filter": [filters.among("contract", [hostile])]}
        assert engine.multi_search([query])[0]["hits"] == []


@given(st.text(max_size=60))
def test_quoted_values_have_no_bare_quote(value: str) -> None:
    literal = filters.quoted(value)
    inside = literal[1:-1].replace("\\\\", "").replace('\\"', "")
    assert (literal[0], literal[-1]) == ('"', '"')
    assert '"' not in inside


def test_far_pages_and_long_questions_answer(three: dict[str, int], found: Found) -> None:
    assert found(page="1000000000").hits == []
    assert found(q="mot " * 2000).engine == "meilisearch"
    assert found(q="a" * 5000).engine == "meilisearch"


def test_the_fields_of_a_document_are_known_and_none_is_private(index: Index) -> None:
    add(
        "Aide-soignant·e",
        contact_name="Nadia Secrète",
        address="12 rue Cachée",
        description_html="<p>Un <b>poste</b> d’avenir.</p>",
        organisation=answering(10, 60),
    )
    index()
    (document,) = documents.documents_of(list(documents.open_versions(clock.now())), clock.now())
    assert tuple(document) == documents.FIELDS
    assert "Secrète" not in str(document)
    assert "Cachée" not in str(document)
    assert document["text"] == "Un poste d’avenir."
    assert set(DISPLAYED) == {
        *("id", "version", "_geo", "published_at", "answer_rank", "demand", "reads"),
        *("contract", "workplace", "publics", "schedules"),
    }
    assert set(index_settings()["searchableAttributes"]) <= set(documents.FIELDS)
    assert set(index_settings()["filterableAttributes"]) <= set(documents.FIELDS)


def test_nothing_found_proposes_what_does(three: dict[str, int]) -> None:
    asked = criteria.parse({"q": "infirmière", "ou": "Bron", "rayon": "1", "contrat": "cdi"})
    proposals = queries.rescue(asked, clock.now()).proposals
    assert proposals
    for proposal in proposals:
        assert proposal.total > 0
        assert queries.search(proposal.criteria, clock.now()).total == proposal.total
    near = criteria.parse({"q": "infirmier", "ou": "Bron", "rayon": "1"})
    reasons = {p.reason: p for p in queries.rescue(near, clock.now()).proposals}
    assert reasons["radius"].value == "10"
    assert reasons["profession"].value == "aide-soignant"
    assert reasons["place"].criteria.place is None


def test_proposals_come_from_the_database_too(
    three: dict[str, int], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = criteria.parse({"q": "infirmier", "ou": "Bron", "rayon": "1"})
    by_engine = queries.rescue(asked, clock.now()).proposals
    monkeypatch.setattr(engine, "url", "")
    by_base = queries.rescue(asked, clock.now()).proposals
    assert by_base
    assert {p.reason: p.total for p in by_base}.items() <= {
        p.reason: p.total for p in by_engine
    }.items()
