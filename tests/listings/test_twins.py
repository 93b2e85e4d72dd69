"""The same job under several addresses: somebody looks at it before it is shown once more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.database import db
from app.listings import services, twins
from app.listings.enums import Status
from app.listings.models import Listing
from app.organisations.models import Organisation
from tests import factories

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def house() -> Organisation:
    """Return an organisation that is trusted: one of its listings has been read."""
    owner = factories.organisation(factories.user())
    factories.listing(organisation=owner, title="Infirmier·ère de nuit")
    return owner


def submit(house: Organisation, now: dt.datetime, **values: Any) -> Listing:
    """Send a draft as members do."""
    draft = factories.listing(
        organisation=house, status=Status.DRAFT, published_at=None, closes_at=None, **values
    )
    return services.submit_listing(None, draft, now)


def test_thirty_copies_of_one_job_are_not_shown(house: Organisation, now: dt.datetime) -> None:
    copies = [submit(house, now) for _ in range(30)]
    shown = [one for one in copies if one.status == Status.PUBLISHED]
    assert len(shown) == twins.ALIKE_ONLINE
    assert {one.status for one in copies[twins.ALIKE_ONLINE :]} == {Status.IN_REVIEW}


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Aide-soignant·e de jour", "AIDE SOIGNANTE DE JOUR (H/F)", True),
        ("Aide-soignant·e de jour", "Aide-soignant(e) de jour n° 2", True),
        ("Aide-soignant·e de jour", "Urgent : aides-soignants, jour", True),
        ("Aide-soignant·e de jour", "Aide-soignant·e de nuit", False),
        ("Aide-soignant·e de jour", "Aide-soignant·e de jour en EHPAD", False),
        ("2", "3", False),
    ],
)
def test_titles_are_compared_by_their_words(
    house: Organisation, first: str, second: str, alike: bool
) -> None:
    one = factories.listing(organisation=house, title=first)
    other = factories.listing(organisation=house, title=second)
    assert (other in twins.twins_of(one)) is alike


@pytest.mark.parametrize(
    "other",
    [
        {"contract": "cdd"},
        {"commune_code": "69123"},
        {"profession_id": None},
        {"kind": "internship"},
        {"status": Status.CLOSED, "outcome": "filled"},
        {
            "source": "france-travail",
            "source_id": "1",
            "source_url": "https://exemple.fr/",
            "source_hash": "0" * 64,
        },
        {"organisation": None},
    ],
    ids=lambda values: next(iter(values)),
)
def test_another_job_is_no_twin(
    house: Organisation, now: dt.datetime, other: dict[str, Any]
) -> None:
    one = factories.listing(organisation=house)
    if other.get("status") == Status.CLOSED:
        other = other | {"closed_at": now}
    factories.listing(**{"organisation": house} | other)
    assert twins.twins_of(one) == []


def test_the_team_sees_what_resembles(
    house: Organisation, now: dt.datetime, sign_in: SignIn
) -> None:
    for _ in range(twins.ALIKE_ONLINE):
        submit(house, now)
    waiting = submit(house, now, title="Aide soignante de jour")
    db.session.commit()
    page = sign_in(factories.user(Role.MODERATOR)).get(f"/equipe/annonces/{waiting.id}").text
    assert "5 annonces semblables de cette structure" in page
