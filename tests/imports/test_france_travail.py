"""The mapping of an offer: what it states, nothing more; no record makes it crash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.imports.france_travail import map_offer
from app.imports.mapped import Mapped, Rejected, Skipped
from app.imports.reference import Reference
from app.listings.rich_text import plain_to_html
from app.listings.services import IMPORTED

Offer = Callable[..., dict[str, Any]]


def mapped(raw: dict[str, Any], reference: Reference) -> dict[str, Any]:
    result = map_offer(raw, reference)
    assert isinstance(result, Mapped), result
    slugs = {profession.id: profession.slug for profession in reference.professions}
    return result.values | {"profession": slugs.get(result.values["profession_id"])}


def test_golden_offers(care_offers: list[dict[str, Any]], reference: Reference) -> None:
    values = mapped(care_offers[0], reference)
    expected = {
        "kind": "job",
        "title": "Aide-soignant / Aide-soignante de nuit (H/F)",
        "description": "Notre EHPAD de 80 lits recrute.\n\nVos missions :\n- Aider à la toilette\n"
        "- Surveiller l'état de santé\n\n1 week-end sur 2. Pas d'horaires coupés.",
        "source": "france-travail",
        "source_id": "201AAAA",
        "source_url": "https://candidat.francetravail.fr/offres/recherche/detail/201AAAA",
        "published_at": dt.datetime(2026, 11, 2, 8, 12, tzinfo=dt.UTC),
        "profession": "aide-soignant",
        "contract": "cdi",
        "contract_months": None,
        "employer_name": "LES TILLEULS",
        "licence_required": False,
        "positions": 2,
        "conditions": "Débutant accepté",
        "diploma_need": "required",
        "pay_min_cents": 210_000,
        "pay_max_cents": 230_050,
        "pay_period": "month",
        "pay_label": "Mensuel de 2100.0 Euros à 2300.5 Euros sur 12.0 mois – Reprise d'ancienneté",
        "hours_min": 35,
        "hours_max": 35,
        "hours_label": "35H/semaine – Travail en journée",
        "schedules": ["nuit", "temps-plein", "week-end"],
        "workplace": "ehpad",
        "commune_code": "69029",
        "place_label": "Bron (69500)",
        "latitude": 45.734,
        "longitude": 4.911,
    }
    assert {name: values[name] for name in expected} == expected

    values = mapped(care_offers[1], reference)
    expected = {
        "profession": "auxiliaire-de-vie",
        "source_url": "https://candidat.francetravail.fr/offres/recherche/detail/201BBBB",
        "contract": "cdd",
        "contract_months": 6,
        "employer_name": "",
        "licence_required": True,
        "conditions": "Expérience demandée\u00a0: 6 Mois",
        "diploma_need": "none",
        "pay_min_cents": None,
        "pay_label": "Selon profil",
        "hours_min": 24.5,
        "schedules": ["itinerant", "jour", "temps-partiel"],
        "workplace": None,
        "commune_code": None,
        "place_label": "Rhône (69)",
        "latitude": None,
    }
    assert {name: values[name] for name in expected} == expected

    assert map_offer(care_offers[2], reference) == Skipped("201CCCC")


def test_values_are_columns_that_an_import_may_write(offer: Offer, reference: Reference) -> None:
    result = map_offer(offer(), reference)
    assert isinstance(result, Mapped)
    assert result.values.keys() <= IMPORTED


@pytest.mark.parametrize(
    ("code", "appellation", "title", "slug"),
    [
        ("J1501", "Aide-soignant / Aide-soignante", "Soignant (H/F)", "aide-soignant"),
        ("J1501", "", "Assistant(e) de soins en gérontologie", "assistant-soins-gerontologie"),
        ("J1506", "", "Infirmier(ère) coordinateur(trice)", "infirmier-coordinateur"),
        ("J1506", "Infirmier / Infirmière", "IDE EHPAD (H/F)", "infirmier"),
        ("K1207", "", "Moniteur-éducateur / Monitrice-éducatrice", "moniteur-educateur"),
        ("K1207", "Educateur spécialisé / Educatrice spécialisée", "ES", "educateur-specialise"),
        ("K1302", "Assistant / Assistante de vie aux familles", "AVF", "auxiliaire-de-vie"),
        ("K1306", "Auxiliaire de Vie Sociale -AVS-", "AVS", "auxiliaire-de-vie"),
        ("K1306", "", "AES de nuit", "accompagnant-educatif-social"),
        ("K1301", "", "Accompagnant éducatif et social (H/F)", "accompagnant-educatif-social"),
        ("K1304", "Aide ménager / Aide ménagère à domicile", "Aide à domicile", "aide-a-domicile"),
        ("K1408", "", "Responsable de secteur", "responsable-de-secteur"),
        # Filed elsewhere, the title decides:
        ("J1504", "", "Infirmier / Infirmière de bloc opératoire", "infirmier"),
        ("K2204", "", "URGENT aide-soignant(e) de nuit", "aide-soignant"),
        ("K2104", "", "Surveillant de nuit qualifié", "surveillant-de-nuit"),
    ],
)
def test_profession_comes_from_the_code_and_the_names(
    offer: Offer, reference: Reference, code: str, appellation: str, title: str, slug: str
) -> None:
    raw = offer(romeCode=code, appellationlibelle=appellation, intitule=title, romeLibelle="")
    if code in {"J1501", "J1506", "K1207", "K1306"}:
        labels = {"J1501": "Aide-soignant", "J1506": "Infirmier", "K1207": "Educateur spécialisé"}
        raw["romeLibelle"] = labels.get(code, "Accompagnant Educatif et Social (AES)")
    assert mapped(raw, reference)["profession"] == slug


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("G1604", "Pizzaïolo"),
        ("M1502", "Chargé de recrutement aide-soignant et infirmier"),
        ("D1503", "Responsable de secteur alimentation"),
        ("M1203", "Chef de service comptabilité"),
        ("I1203", "Moniteur d'atelier mécanique"),
        ("K2104", "Surveillant en milieu scolaire"),
        ("K2204", "Agent de service (H/F)"),
        ("", "Vendeur"),
    ],
)
def test_offers_of_other_fields_are_skipped(
    offer: Offer, reference: Reference, code: str, title: str
) -> None:
    raw = offer(romeCode=code, intitule=title, appellationlibelle="", romeLibelle="")
    assert isinstance(map_offer(raw, reference), Skipped)


def test_care_offer_of_no_known_profession_is_kept_without_one(
    offer: Offer, reference: Reference
) -> None:
    raw = offer(romeCode="K1301", intitule="Accompagnement", appellationlibelle="", romeLibelle="")
    assert mapped(raw, reference)["profession"] is None


@pytest.mark.parametrize(
    ("place", "code", "label"),
    [
        ({"commune": "69383", "libelle": "69 - LYON 03"}, "69383", "Lyon 3e (69003)"),
        ({"commune": "69123", "libelle": "69 - LYON"}, "69123", "Lyon"),
        ({"commune": "00000", "libelle": "Suisse"}, None, "Suisse"),
        ({"latitude": 45.7343, "longitude": 4.9112, "libelle": "69 - Rhône"}, None, "Bron (69500)"),
        ({"latitude": 0, "longitude": 0, "libelle": "69 - Rhône"}, None, "Rhône (69)"),
        (
            {"latitude": "45", "longitude": 1e400, "libelle": "2A - Corse-du-Sud"},
            None,
            "Corse-du-Sud (2A)",
        ),
        ({"latitude": 48.85, "longitude": -40.0, "libelle": "France"}, None, "France"),
        ({"latitude": 10**400, "longitude": 4, "libelle": "France"}, None, "France"),
        ({}, None, ""),
        (None, None, ""),
        ("Bron", None, ""),
    ],
)
def test_place(
    offer: Offer, reference: Reference, place: Any, code: str | None, label: str
) -> None:
    values = mapped(offer(lieuTravail=place), reference)
    assert (values["commune_code"], values["place_label"]) == (code, label)
    assert (values["latitude"] is None) == (values["longitude"] is None)


def test_point_far_from_its_commune_is_a_mistake(offer: Offer, reference: Reference) -> None:
    place = {"commune": "69029", "latitude": 4.911, "longitude": 45.734}
    values = mapped(offer(lieuTravail=place), reference)
    bron = reference.place("69029")
    assert bron is not None
    assert (values["latitude"], values["longitude"]) == (bron.latitude, bron.longitude)


def test_household_employer_is_a_certain_workplace(offer: Offer, reference: Reference) -> None:
    assert mapped(offer(codeNAF="97.00Z"), reference)["workplace"] == "particulier-employeur"


def test_apprentice_needs_no_diploma_yet(offer: Offer, reference: Reference) -> None:
    raw = offer(typeContrat="CDD", natureContrat="Contrat apprentissage", alternance=True)
    values = mapped(raw, reference)
    assert (values["contract"], values["diploma_need"]) == ("apprentissage", "unknown")


def test_title_says_h_f_once(offer: Offer, reference: Reference) -> None:
    assert mapped(offer(intitule=" Aide-soignant   H/F (H/F) "), reference)["title"] == (
        "Aide-soignant H/F"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": 123},
        {"id": "a b"},
        {"id": "1\x00"},
        {"id": "x" * 200},
        {"intitule": ""},
        {"intitule": None},
        {"intitule": ["Aide-soignant"]},
        {"description": "<p> </p>"},
        {"description": 5},
        {"dateCreation": None},
        {"dateCreation": "0000-00-00T00:00:00Z"},
        {"dateCreation": "0001-01-01T00:00:00+14:00"},
        {"dateCreation": "hier"},
        {"dateCreation": 1730534400},
    ],
)
def test_unusable_record_is_rejected_with_a_reason(
    offer: Offer, reference: Reference, change: dict[str, Any]
) -> None:
    result = map_offer(offer(**change), reference)
    assert isinstance(result, Rejected)
    assert result.reason


@pytest.mark.parametrize("raw", [None, 1, "x", [], True, {}])
def test_record_that_is_no_offer_is_rejected(reference: Reference, raw: Any) -> None:
    assert isinstance(map_offer(raw, reference), Rejected)


@pytest.mark.parametrize(
    "change",
    [
        {"nombrePostes": -3},
        {"nombrePostes": True},
        {"nombrePostes": 10**30},
        {"salaire": {"libelle": "Mensuel de -5 Euros"}},
        {"salaire": "2000"},
        {"entreprise": {"nom": {"a": 1}}},
        {"permis": "B"},
        {"permis": [None, 3, {"exigence": "E"}]},
        {"formations": {"exigence": "E"}},
        {"contexteTravail": {"horaires": [None, 5, ["x"]]}},
        {"origineOffre": {"urlOrigine": "http://[::1"}},
        {"dureeTravailLibelle": 35},
    ],
)
def test_wrong_optional_values_are_unknown(
    offer: Offer, reference: Reference, change: dict[str, Any]
) -> None:
    values = mapped(offer(**change), reference)
    assert values["positions"] == 1
    assert values["pay_min_cents"] is None
    assert values["licence_required"] is False


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://user@evil.example/",
        "https://ok.example/" + "x" * 600,
        "https://ok.example/\n",
        "https://ok.example/a b",
        "ftp://ok.example/",
        "",
    ],
)
def test_origin_link_that_is_not_a_plain_web_address_is_not_kept(
    offer: Offer, reference: Reference, url: str
) -> None:
    raw = offer(origineOffre={"urlOrigine": url})
    kept = mapped(raw, reference)["source_url"]
    assert kept == f"https://candidat.francetravail.fr/offres/recherche/detail/{raw['id']}" or (
        kept == url.strip()
        and kept.startswith("https://ok.example/")
        and "\n" not in kept
        and len(kept) <= 500
    )


PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<scr<script>ipt>alert(1)</script>",
    "<style>*{display:none}</style>",
    '"><img src=x onerror=alert(1)>',
    "<!--><script>alert(1)</script>-->",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<p onclick=alert(1)>x</p>",
    "\u0000<script\u0000>alert(1)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_a_text_makes_no_element(
    offer: Offer, reference: Reference, payload: str
) -> None:
    from bs4 import BeautifulSoup

    text = f"Avant {payload} après"
    values = mapped(offer(description=text, intitule=f"Aide-soignant {payload}"), reference)
    soup = BeautifulSoup(plain_to_html(values["description"]), "html.parser")
    assert {tag.name for tag in soup.find_all(True)} <= {"p", "br", "ul", "li"}
    assert all(not tag.attrs for tag in soup.find_all(True))
    assert "Avant" in soup.get_text()
    assert "\x00" not in values["title"] + values["description"]


def test_html_description_becomes_lines_and_bullets(offer: Offer, reference: Reference) -> None:
    text = "<p>Bonjour&nbsp;!</p><ul><li>Un</li><li>Deux &amp; trois</li></ul><b>Fin</b>"
    assert mapped(offer(description=text), reference)["description"] == (
        "Bonjour !\n\n- Un\n\n- Deux & trois\n\nFin"
    )


def test_hash_ignores_order_and_volatile_figures(offer: Offer, reference: Reference) -> None:
    raw = offer(offresManqueCandidats=True)
    same = dict(reversed(offer(offresManqueCandidats=False).items()))
    digest = mapped(raw, reference)["source_hash"]
    assert mapped(same, reference)["source_hash"] == digest
    assert mapped(offer(intitule="Infirmier"), reference)["source_hash"] != digest


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = [
    "id",
    "intitule",
    "description",
    "dateCreation",
    "dateActualisation",
    "lieuTravail",
    "romeCode",
    "romeLibelle",
    "appellationlibelle",
    "entreprise",
    "typeContrat",
    "typeContratLibelle",
    "natureContrat",
    "experienceExige",
    "experienceLibelle",
    "formations",
    "permis",
    "salaire",
    "dureeTravailLibelle",
    "dureeTravailLibelleConverti",
    "nombrePostes",
    "codeNAF",
    "origineOffre",
    "contexteTravail",
    "deplacementCode",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=json_values)
def test_any_json_is_mapped_without_a_crash(reference: Reference, raw: Any) -> None:
    assert isinstance(map_offer(raw, reference), Mapped | Skipped | Rejected)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.dictionaries(st.sampled_from(KEYS), json_values, max_size=6))
def test_any_change_of_an_offer_fits_the_columns(
    reference: Reference, offer: Offer, changes: dict[str, Any]
) -> None:
    result = map_offer(offer(**changes), reference)
    if isinstance(result, Mapped):
        values = result.values
        assert 0 < len(values["title"]) <= 160
        assert len(values["place_label"]) <= 160
        assert len(values["employer_name"]) <= 160
        assert len(values["source_url"]) <= 500
        assert len(values["hours_label"]) <= 200
        assert values["positions"] >= 1
