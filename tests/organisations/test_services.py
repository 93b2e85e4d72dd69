"""Opening organisations, who acts for them, verification and suspension."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.database import db
from app.core.errors import NotAllowedTransition
from app.organisations import queries, services
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation
from tests import factories


def test_new_organisation_is_to_be_verified(now: dt.datetime) -> None:
    organisation = services.create_organisation(
        " EHPAD Le Fil d’argent ", kind="employer", siren="732 829 320", now=now
    )

    assert organisation.name == "EHPAD Le Fil d’argent"
    assert organisation.slug == "ehpad-le-fil-d-argent"
    assert organisation.siren == "732829320"
    assert not organisation.verified


def test_two_organisations_of_the_same_name_have_two_addresses(now: dt.datetime) -> None:
    first = services.create_organisation("Mimosa", kind="employer", now=now)
    second = services.create_organisation("MIMOSA", kind="employer", now=now)

    assert (first.slug, second.slug) == ("mimosa", "mimosa-2")
    assert queries.organisation_by_slug("mimosa-2") is second


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("  ", {"kind": "employer"}),
        ("Mimosa", {"kind": "circus"}),
        ("Mimosa", {"kind": "employer", "siren": "732829321"}),
    ],
)
def test_wrong_values_are_refused(name: str, values: dict[str, str], now: dt.datetime) -> None:
    with pytest.raises(services.InvalidOrganisation):
        services.create_organisation(name, now=now, **values)


def test_siren_may_be_given_by_a_siret(now: dt.datetime) -> None:
    siret = "732 829 320 00074"
    organisation = services.create_organisation("Mimosa", kind="employer", siren=siret, now=now)

    assert organisation.siren == "732829320"


def test_same_siren_is_refused(now: dt.datetime) -> None:
    services.create_organisation("Mimosa", kind="employer", siren="732829320", now=now)

    with pytest.raises(services.InvalidOrganisation):
        services.create_organisation("Autre", kind="employer", siren="732829320", now=now)


def test_establishment_with_a_wrong_siret_is_refused() -> None:
    organisation = factories.organisation()

    with pytest.raises(services.InvalidOrganisation):
        services.add_establishment(organisation, "Siège", siret="73282932000075")


def test_establishment_keeps_its_commune() -> None:
    organisation = factories.organisation()

    services.add_establishment(
        organisation, "Siège", siret="732 829 320 00074", commune_code="69029"
    )

    (place,) = queries.establishments_of(organisation.id)
    assert place.siret == "73282932000074"
    assert place.commune is not None
    assert place.commune.name == "Bron"


def test_member_sees_only_her_organisations(now: dt.datetime) -> None:
    member, stranger = factories.user(), factories.user()
    second, first = factories.organisation(name="Zinnia"), factories.organisation(name="Aubépine")
    services.add_member(first, member, now=now)
    services.add_member(second, member, now=now)
    services.add_member(second, member, now=now)

    assert queries.organisations_of(member) == [first, second]
    assert queries.organisations_of(stranger) == []
    membership = queries.member_of(member, first.id)
    assert membership is not None
    assert membership.organisation is first
    assert queries.member_of(stranger, first.id) is None
    assert queries.members_of(second.id) == [member]


def test_suspended_organisation_is_nobody_s(now: dt.datetime) -> None:
    member = factories.user()
    organisation = factories.organisation(member)

    services.suspend_organisation(None, organisation, now=now)

    assert queries.organisations_of(member) == []
    assert queries.member_of(member, organisation.id) is None


def test_suspended_organisation_is_not_verified_by_mistake(now: dt.datetime) -> None:
    organisation = factories.organisation(status=OrganisationStatus.SUSPENDED)

    with pytest.raises(NotAllowedTransition):
        services.verify_organisation(None, organisation, now=now)
    services.reinstate_organisation(None, organisation, now=now)
    assert organisation.status == OrganisationStatus.PENDING
    services.verify_organisation(None, organisation, now=now)
    assert organisation.verified
    with pytest.raises(NotAllowedTransition):
        services.reinstate_organisation(None, organisation, now=now)


def test_command_opens_and_suspends(app: Flask) -> None:
    runner = app.test_cli_runner()

    created = runner.invoke(
        args=["organisations", "create", "Mimosa Domicile", "--kind=employer", "--verified"]
    )
    organisation = db.session.scalars(select(Organisation)).one()

    assert created.exit_code == 0, created.output
    assert organisation.verified
    refused = runner.invoke(
        args=["organisations", "create", "X", "--kind=employer", "--siren=123456789"]
    )
    assert refused.exit_code == 1
    assert runner.invoke(args=["organisations", "suspend", "nowhere"]).exit_code == 1
    assert runner.invoke(args=["organisations", "suspend", "mimosa-domicile"]).exit_code == 0
    assert organisation.status == OrganisationStatus.SUSPENDED


def test_establishment_cannot_take_the_siret_of_another_company() -> None:
    owner = factories.user()
    organisation = factories.organisation(
        owner, siren="443061841", status=OrganisationStatus.PENDING
    )
    own = factories.establishment(organisation, siret="44306184100047")
    values = {"name": "Clinique", "workplace": None, "address": "", "commune_code": None}
    taken = values | {"siret": "732 829 320 00074", "publics": []}

    with pytest.raises(services.InvalidOrganisation, match="pas celui d’un établissement"):
        services.open_establishment(owner, organisation, taken)
    with pytest.raises(services.InvalidOrganisation, match="pas celui d’un établissement"):
        services.update_establishment(owner, own, taken)
    # Without a SIREN, only who was checked is believed.
    organisation.siren = None
    with pytest.raises(services.InvalidOrganisation, match="pas celui d’un établissement"):
        services.open_establishment(owner, organisation, taken)

    assert own.siret == "44306184100047"


def test_siren_tells_more_than_the_siret_of_an_establishment() -> None:
    squatter = factories.organisation(siren="443061841")
    factories.establishment(squatter, siret="73282932000074")
    assert queries.organisation_of_siret("73282932000074") is squatter

    real = factories.organisation(siren="732829320")

    assert queries.organisation_of_siret("73282932000074") is real
