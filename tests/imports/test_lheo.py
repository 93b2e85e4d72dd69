"""What an action of LHEO says becomes a listing; what it does not say stays empty."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.imports import queries
from app.imports.lheo import map_action
from app.imports.lheo_xml import read_lheo
from app.imports.mapped import Mapped, Rejected, Result, Skipped
from app.imports.records import Record, Source
from app.imports.reference import Reference
from app.imports.services import run_import
from app.listings.enums import DiplomaNeed, Kind, Modality, Outcome, Status
from app.listings.models import Listing
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Establishment
from tests import factories
from tests.factories import db
from tests.imports import files
from tests.listings.counting import count_queries


def records(*formations: str) -> list[Record]:
    return list(read_lheo([Source.of("f.xml", files.lheo(*formations))]))


def read(formation: str, reference: Reference) -> Result:
    (record,) = records(formation)
    assert not record.error, record.error
    return map_action(record.raw, reference)


def values(formation: str, reference: Reference) -> dict[str, Any]:
    result = read(formation, reference)
    assert isinstance(result, Mapped), result
    return result.values


def imported(*formations: str, **options: Any) -> Any:
    chosen = {"write": True, "full": False} | options
    return run_import("lheo", records(*formations), **chosen)


def stored() -> list[Listing]:
    db.session.expire_all()
    return list(db.session.query(Listing).filter_by(source="lheo").order_by(Listing.source_id))


def test_an_action_becomes_a_training(reference: Reference) -> None:
    more = (
        "<periode-inscription><periode><debut>20260901</debut><fin>20261130</fin></periode>"
        "</periode-inscription><cycle><type-cycle>0</type-cycle>"
        "<capacite-simultanee>24</capacite-simultanee></cycle>"
    )
    action = files.action(
        sessions=files.session(more=more),
        frais_restants="Aucun",
        duree_indicative="11 mois",
        nombre_heures_total="1540",
        organisme_financeur="<code-financeur>2</code-financeur>",
    )
    found = values(files.formation(action), reference)
    assert found["kind"] == Kind.TRAINING
    assert found["diploma_id"] == next(d.id for d in reference.diplomas if d.rncp == "40692")
    assert found["profession_id"] == factories.profession("aide-soignant").id
    assert (found["commune_code"], found["address"]) == ("69029", "3 avenue des Ecoles")
    assert (found["modality"], found["cost_cents"]) == (Modality.ON_SITE, 0)
    assert (found["duration_label"], found["duration_hours"]) == ("11 mois", 1540)
    assert (found["funding"], found["schedules"]) == (["region"], ["temps-plein"])
    assert found["entry_conditions"] == "Avoir 17 ans."
    assert found["diploma_need"] == DiplomaNeed.UNKNOWN
    assert found["employer_name"] == "École fictive"
    assert found["contact_name"] == "Mme Ravier, 04 65 71 00 00, accueil@exemple.fr"
    assert found["source_url"] == "https://exemple.fr/aide-soignant"
    assert found["sessions"] == [
        {
            "starts_at": dt.datetime(2027, 1, 4, 8, tzinfo=dt.UTC),
            "ends_at": dt.datetime(2027, 12, 3, 22, 59, tzinfo=dt.UTC),
            "deadline": dt.date(2026, 11, 30),
            "capacity": 24,
        }
    ]


@pytest.mark.parametrize(
    ("code", "modality"), [("0", Modality.ON_SITE), ("1", Modality.MIXED), ("2", Modality.REMOTE)]
)
def test_how_it_is_taught(reference: Reference, code: str, modality: Modality) -> None:
    found = values(files.formation(files.action(modalites_enseignement=code)), reference)
    assert found["modality"] == modality


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("4", "CAP, BEP (niveau 3)"),
        ("14", "bac (niveau 4)"),
        ("7", "bac +3 ou +4 (niveau 6)"),
        ("17", "bac +5 (niveau 7)"),
    ],
)
def test_level_is_said_when_it_is_compulsory(reference: Reference, code: str, level: str) -> None:
    def entry(compulsory: str) -> dict[str, Any]:
        action = files.action(niveau_entree_obligatoire=compulsory, conditions_specifiques="-")
        told = f"<code-niveau-entree>{code}</code-niveau-entree>"
        formation = files.formation(action)
        return values(
            formation.replace("<code-niveau-entree>0</code-niveau-entree>", told), reference
        )

    assert entry("1")["entry_conditions"] == f"Niveau exigé\u00a0: {level}."
    assert entry("1")["diploma_need"] == DiplomaNeed.REQUIRED
    assert entry("0")["entry_conditions"] == ""


@pytest.mark.parametrize(
    ("place", "code", "label"),
    [
        (files.address("LYON", "69008", "69388"), "69388", "Lyon 8e (69008)"),
        (files.address("VENISSIEUX", "69200", ""), "69259", "Vénissieux (69200)"),
        (files.address("BRON", "69500", "00000"), "69029", "Bron (69500)"),
        (files.address("NULLE PART", "00000", ""), None, "NULLE PART (00000)"),
    ],
)
def test_place_by_insee_code_then_postal_code_then_label(
    reference: Reference, place: str, code: str | None, label: str
) -> None:
    found = values(files.formation(files.action(place=place)), reference)
    assert (found["commune_code"], found["place_label"]) == (code, label)


def test_training_of_another_field_is_skipped(reference: Reference) -> None:
    other = files.formation(title="BTS négociation", rome="D1402", rncp="474")
    assert isinstance(read(other, reference), Skipped)


def test_unknown_diploma_is_left_empty(reference: Reference) -> None:
    found = values(files.formation(rncp="99999"), reference)
    assert found["diploma_id"] is None
    assert found["profession_id"] == factories.profession("aide-soignant").id


@pytest.mark.parametrize("day", ["00000000", "20270230", "19000101"])
def test_impossible_date_sets_the_action_aside(reference: Reference, day: str) -> None:
    result = read(files.formation(files.action(sessions=files.session(day))), reference)
    assert isinstance(result, Rejected)
    assert "date impossible" in result.reason


def test_training_entered_at_any_time_needs_no_date(reference: Reference) -> None:
    action = files.action(
        sessions=files.session("00000000", "99999999"), modalites_entrees_sorties="1"
    )
    assert values(files.formation(action), reference)["sessions"] == []


def test_siret_known_here_gives_the_school(now: dt.datetime) -> None:
    school = factories.organisation(siren=files.SIRET[:9], name="École connue")
    place = Establishment(organisation_id=school.id, name="Site", siret=files.SIRET)
    db.session.add(place)
    db.session.flush()
    imported(files.formation(), now=now)
    (listing,) = stored()
    assert (listing.organisation_id, listing.establishment_id) == (school.id, place.id)
    assert listing.employer_name == "École connue"
    assert not listing.answered_here


def test_suspended_school_is_not_published(now: dt.datetime) -> None:
    factories.organisation(siren=files.SIRET[:9], status=OrganisationStatus.SUSPENDED)
    report = imported(files.formation(), now=now)
    assert (report.created, report.quarantined_total) == (0, 1)


def test_second_run_changes_nothing_and_a_new_date_updates(now: dt.datetime) -> None:
    assert imported(files.formation(), now=now).created == 1
    (listing,) = stored()
    (session,) = listing.sessions
    session.taken, kept = 1, session.id
    assert imported(files.formation(), now=now).unchanged == 1
    later = files.session() + files.session("20270906", "20280731")
    report = imported(files.formation(files.action(sessions=later)), now=now)
    assert report.updated == 1
    (listing,) = stored()
    assert [one.id == kept for one in listing.sessions] == [True, False]


def test_runs_ask_the_database_as_much_for_one_action_as_for_fifty(now: dt.datetime) -> None:
    def asked(count: int, **options: Any) -> int:
        made = [files.formation(number=f"F{number}") for number in range(count)]
        with count_queries() as queries_made:
            imported(*made, **{"now": now} | options)
        return len(queries_made)

    asked(1)
    again = asked(1)
    asked(50)
    assert asked(50) == again
    later = now + dt.timedelta(days=30)
    assert asked(50, now=later) <= again + 3


def test_past_and_closed_actions_are_not_published(now: dt.datetime) -> None:
    over = files.action("A1", sessions=files.session("20250101", "20250601"))
    shut = files.action("A2", sessions=files.session(more="<etat-recrutement>2</etat-recrutement>"))
    report = imported(files.formation(over, shut), now=now)
    assert [item.reason for item in report.quarantined] == [
        "toutes ses dates sont passées",
        "le recrutement de toutes les sessions est clos",
    ]


def test_full_run_closes_what_is_gone(now: dt.datetime) -> None:
    four = [files.formation(number=f"F{n}") for n in range(4)]
    imported(*four, now=now)
    report = imported(*four[1:], now=now, full=True)
    assert report.closed == 1
    assert (stored()[0].status, stored()[0].outcome) == (Status.CLOSED, Outcome.WITHDRAWN)
    assert imported(*four[2:], now=now, full=True).state == "refused"


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(
        st.characters(codec="utf-8", exclude_characters="<&", exclude_categories=["Cc", "Cs"]),
        min_size=1,
        max_size=120,
    )
)
def test_any_text_is_mapped_or_set_aside(session: Any, text: str) -> None:
    reference = queries.load_reference()
    action = files.action(conditions_specifiques=text, frais_restants=text, duree_indicative=text)
    for record in records(files.formation(action, content=text)):
        if not record.error:
            assert isinstance(map_action(record.raw, reference), Mapped | Rejected | Skipped)
