"""Finding, suggesting and measuring places, on the real list of communes."""

from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.core.database import db
from app.geography.models import Commune
from app.geography.queries import (
    PLACES,
    communes_within,
    distance_km,
    find_place,
    get_place,
    nearest_commune,
    place_codes,
    suggest_places,
)

# The database fixture wraps the whole property: these functions only read.
reading = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
any_text = st.text(max_size=200)
place_like = st.text(alphabet="abelnorsty éèô-'’ 0123456789()./,", max_size=40)


@contextmanager
def queries_made() -> Iterator[list[str]]:
    """Collect the statements sent to the database."""
    statements: list[str] = []

    def keep(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = db.engine.engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", keep)


def every_place() -> st.SearchStrategy[Any]:
    """Draw places of France by rank, so that nothing is read before the test starts."""
    return st.integers(min_value=0, max_value=34_999)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bron", "69029"),
        ("  BRON  ", "69029"),
        ("69500", "69029"),
        ("69029", "69029"),
        ("bron (69500)", "69029"),
        ("69500 Bron", "69029"),
        ("bron 69", "69029"),
        ("69 - BRON", "69029"),
        ("Bron, France", "69029"),
        ("12 rue Pasteur 69500 Bron", "69029"),
        ("saint-genis-laval", "69204"),
        ("St Genis Laval", "69204"),
        ("Ste-Foy-lès-Lyon", "69202"),
        ("fontaines s/ saône", "69088"),
        ("Le Havre", "76351"),
        ("havre", "76351"),
        ("L’Arbresle", "69010"),
        ("l'arbresle", "69010"),
        ("arbresle", "69010"),
        ("38 - ST MARTIN D HERES", "38421"),
        ("2A004", "2A004"),
        ("98800", "98818"),
    ],
)
def test_a_commune_is_found_by_what_people_type(text: str, code: str) -> None:
    place = find_place(text)

    assert place is not None
    assert place.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Lyon", "69123"),
        ("69123", "69123"),
        ("69000", "69123"),
        ("Lyon (69)", "69123"),
        ("lyon 3", "69383"),
        ("Lyon 3e", "69383"),
        ("LYON 3EME ARRONDISSEMENT", "69383"),
        ("lyon 03", "69383"),
        ("69 - LYON 03", "69383"),
        ("69003", "69383"),
        ("Lyon 69003", "69383"),
        ("69373 Lyon Cedex 08", "69388"),
        ("Lyon 1er", "69381"),
        ("Paris 75", "75056"),
        ("paris 16eme", "75116"),
        ("75116", "75116"),
        ("Marseille 13", "13213"),
    ],
)
def test_arrondissements_are_places_of_their_own(text: str, code: str) -> None:
    place = find_place(text)

    assert place is not None
    assert place.code == code


@pytest.mark.parametrize("text", ["Caluire", "oullins", "Grigny", "69 - GRIGNY", "Rillieux"])
def test_a_short_name_of_the_territory_is_understood(text: str) -> None:
    place = find_place(text)

    assert place is not None
    assert place.in_territory


def test_a_namesake_of_the_territory_comes_before_the_others() -> None:
    place = find_place("Saint-Priest")

    assert place is not None
    assert place.code == "69290"


@pytest.mark.parametrize(
    "text",
    ["", "   ", "-", "villeurbane", "69270", "Saint-Denis", "69", "7", "bron 69003", "69500 69100"],
)
def test_what_is_misspelt_or_ambiguous_is_not_guessed(text: str) -> None:
    assert find_place(text) is None


def test_a_department_tells_namesakes_apart() -> None:
    assert [find_place(f"saint denis {n}").code for n in (93, 974)] == ["93066", "97411"]


@given(every_place())
@reading
def test_a_label_names_its_own_place(rank: int) -> None:
    place = PLACES.get().ranked[rank]

    assert find_place(place.label) is place


@given(every_place(), st.sampled_from(["NFC", "NFD"]), st.booleans())
@reading
def test_accents_hyphens_and_case_do_not_count(rank: int, form: str, upper: bool) -> None:
    place = PLACES.get().ranked[rank]
    typed = place.label.replace("-", " ").replace("’", "'")
    typed = unicodedata.normalize(form, typed.upper() if upper else typed)  # type: ignore[arg-type]
    bare = "".join(c for c in unicodedata.normalize("NFD", typed) if not unicodedata.combining(c))

    assert find_place(typed) is place
    assert find_place(bare) is place


@given(any_text | place_like)
@reading
def test_any_text_finds_a_place_or_none_and_suggests_few(text: str) -> None:
    found = find_place(text)
    suggested = suggest_places(text)

    assert found is None or PLACES.get().by_code[found.code] is found
    assert len(suggested) <= 8
    assert len({place.code for place in suggested}) == len(suggested)
    assert found is None or found in suggested


def test_suggestions_complete_any_word_of_the_name() -> None:
    assert [place.name for place in suggest_places("genis laval")] == ["Saint-Genis-Laval"]
    assert suggest_places("Vénis")[0].name == "Vénissieux"
    assert suggest_places("VENIS")[0].name == "Vénissieux"


def test_suggestions_start_with_the_territory_then_the_most_populated() -> None:
    places = suggest_places("saint", limit=30)

    local = [place.in_territory for place in places]
    assert local == sorted(local, reverse=True)
    others = [p for p in places if not p.in_territory and p.search_name.startswith("saint ")]
    assert [p.population for p in others] == sorted((p.population for p in others), reverse=True)


def test_an_exact_name_comes_before_longer_ones() -> None:
    names = [place.name for place in suggest_places("mâcon")]

    assert names[0] == "Mâcon"


def test_suggestions_by_postal_code() -> None:
    assert [place.code for place in suggest_places("69003")] == ["69383"]
    assert {place.postal_code for place in suggest_places("69270")} == {"69270"}
    assert suggest_places("69")[0].name == "Lyon"


def test_a_misspelt_name_still_suggests() -> None:
    assert suggest_places("villeurbane")[0].name == "Villeurbanne"
    assert suggest_places("xqzwj") == suggest_places("69500 99999") == []


def test_nothing_is_asked_of_the_database_once_the_places_are_read() -> None:
    find_place("bron")

    with queries_made() as statements:
        for text in ("bron", "69003", "genis laval", "s", "saint", "inconnue"):
            find_place(text)
            suggest_places(text)
        communes_within(45.76, 4.83, 30)

    assert statements == []


def test_the_places_of_a_divided_city_are_its_arrondissements() -> None:
    lyon, third, bron = get_place("69123"), get_place("69383"), get_place("69029")
    assert lyon
    assert third
    assert bron

    assert place_codes(lyon) == ("69123", *(f"6938{n}" for n in range(1, 10)))
    assert place_codes(third) == ("69383", "69123")
    assert place_codes(bron) == ("69029",)


def test_a_commune_row_and_its_place_say_the_same() -> None:
    row, place = db.session.get(Commune, "69383"), get_place("69383")
    assert row
    assert place

    assert (row.label, row.name, row.latitude) == (place.label, place.name, place.latitude)
    assert place.label == "Lyon 3e (69003)"
    assert row.parent is not None
    assert row.parent.label == "Lyon"
    assert get_place("00000") is None


@given(
    st.floats(min_value=41, max_value=51),
    st.floats(min_value=-5, max_value=9),
    st.floats(min_value=0, max_value=60),
)
@settings(parent=reading, max_examples=15)
def test_the_communes_within_a_radius_are_all_and_only_those(
    latitude: float, longitude: float, km: float
) -> None:
    point = Commune(latitude=latitude, longitude=longitude)
    distances = {place.code: distance_km(point, place) for place in PLACES.get().ranked}
    found = communes_within(latitude, longitude, km)

    assert set(found) == {code for code, distance in distances.items() if distance <= km}
    assert found == sorted(found, key=lambda code: (distances[code], code))


def test_distances_are_those_of_the_map() -> None:
    lyon, paris = get_place("69123"), get_place("75056")
    assert lyon
    assert paris

    assert distance_km(lyon, paris) == pytest.approx(392, abs=3)
    assert distance_km(lyon, lyon) == 0


def test_the_nearest_place_is_an_arrondissement_rather_than_its_city() -> None:
    lyon = get_place("69123")
    assert lyon

    nearest = nearest_commune(lyon.latitude, lyon.longitude)

    assert nearest is not None
    assert nearest.parent_code == "69123"


@pytest.mark.parametrize(
    "point", [(0.0, 0.0), (95.0, 4.8), (45.7, 999.0), (math.nan, 4.8), (45.7, math.inf)]
)
def test_no_commune_is_near_a_point_at_sea_or_out_of_range(point: tuple[float, float]) -> None:
    assert nearest_commune(*point) is None
    assert communes_within(*point, 10) == []


def fastest(action: Callable[[], object], tries: int = 5) -> float:
    """Return the shortest of a few durations, which the load of the machine spares."""
    durations = []
    for _ in range(tries):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return min(durations)


@pytest.mark.parametrize("text", ["s", "saint", "saint martin", "69", "villeurbane"])
def test_suggesting_costs_no_more_than_a_few_readings_of_the_names(text: str) -> None:
    places = PLACES.get().ranked
    reading_names = fastest(lambda: [place for place in places if text in place.search_name])

    assert fastest(lambda: suggest_places(text)) < 8 * reading_names
