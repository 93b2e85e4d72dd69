from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from app.search.criteria import SearchCriteria, parse

NAMES = [
    "q", "ou", "rayon", "type", "metier", "contrat", "etablissement", "public", "horaires",
    "diplome", "duree", "depuis", "tri", "page",
]  # fmt: skip
LIKELY = [
    "emploi", "formation", "aide-soignant", "infirmier", "cdi", "cdd", "ehpad", "nuit", "jour",
    "sans", "moins-de-3-mois", "7", "20", "1", "0", "-1", "101", "distance", "date", "pertinence",
    "Lyon", "Bron (69500)", "69003", "Saint", "as de nuit", "", " ", "\ufffd", "\x00", "é\u0301",
]  # fmt: skip
values = st.one_of(st.sampled_from(LIKELY), st.text(max_size=40))
addresses = st.dictionaries(st.sampled_from(NAMES), st.lists(values, max_size=4))
relaxed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)


def _reparsed(criteria: SearchCriteria) -> SearchCriteria:
    return parse(MultiDict(criteria.to_query()))


@given(addresses)
@relaxed
def test_the_address_is_the_whole_state_of_the_search(address: dict[str, list[str]]) -> None:
    criteria = parse(MultiDict(address))
    assert _reparsed(criteria) == criteria
    assert parse(criteria.to_query()) == criteria
    assert _reparsed(criteria).ignored == ()


@given(st.binary(max_size=200))
@relaxed
def test_no_query_string_makes_parsing_fail(raw: bytes) -> None:
    environ = EnvironBuilder(query_string=quote(raw, safe="=&+;")).get_environ()
    parse(Request(environ).args)


def test_forged_values_are_left_out_and_named() -> None:
    criteria = parse({"contrat": ['cdi" OR kind EXISTS', "cdi"], "type": "nimporte", "tri": "prix"})
    assert criteria == SearchCriteria(contracts=("cdi",))
    assert {name for name, _value in criteria.ignored} == {"contrat", "type", "tri"}


@pytest.mark.parametrize(
    ("typed", "page"),
    [("1000000000", 500), ("9" * 5000, 500), ("0", 1), ("-3", 1), ("٣", 1), ("2", 2), ("1e3", 1)],
)
def test_pages_are_clamped(typed: str, page: int) -> None:
    assert parse({"page": typed}).page == page


@pytest.mark.parametrize(("typed", "radius"), [("0", 1), ("1", 1), ("50", 50), ("900", 100)])
def test_the_radius_stays_between_its_bounds(typed: str, radius: int) -> None:
    assert parse({"ou": "Bron", "rayon": typed}).radius_km == radius


def test_an_unknown_place_is_kept_as_typed() -> None:
    criteria = parse({"ou": "Trifouilly-les-Oies", "tri": "distance"})
    assert (criteria.place, criteria.place_text) == (None, "Trifouilly-les-Oies")
    assert criteria.sort == "relevance"


@pytest.mark.parametrize("typed", ["69500", "69029", "bron", "Bron (69500)"])
def test_a_place_is_found_by_name_postal_code_or_insee_code(typed: str) -> None:
    place = parse({"ou": typed}).place
    assert place is not None
    assert place.code == "69029"


def test_broken_text_loses_only_what_is_broken() -> None:
    assert parse({"q": "aide\ufffd\x00\ue000 soignante\u200b"}).q == "aide soignante"
    assert parse({"q": "e\u0301ducateur"}).q == "éducateur"
    assert len(parse({"q": "a" * 5000}).q) == 200


def test_filters_are_taken_out_one_value_or_all() -> None:
    criteria = parse({"contrat": ["cdi", "cdd"], "ou": "Bron", "rayon": "5", "page": "3"})
    assert criteria.without("contracts", "cdi").contracts == ("cdd",)
    assert criteria.without("contracts").contracts == ()
    assert criteria.without("place") == SearchCriteria(contracts=("cdd", "cdi"))
    assert criteria.without("contracts").page == 1
    assert criteria.active_filters == 2


def test_five_thousand_forged_fields_are_bounded() -> None:
    many: Any = MultiDict([("metier", f"faux-{n}") for n in range(5000)])
    assert len(parse(many).ignored) <= 5
