"""The list as a file: whose details leave, the trace they leave, and no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.applications import exporting
from app.applications.enums import Status
from app.applications.models import Application, ContactView
from app.core.sheets import safe_cell, write_csv
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.applications.pages import press, words
from tests.listings.counting import count_queries

SignIn = Callable[..., FlaskClient]
BOARD = "/recruter/"
EXPORT = "/recruter/candidatures/export"


@pytest.fixture
def house() -> Any:
    """Return a recruiter and a listing of hers."""
    person = factories.user()
    return person, factories.listing(organisation=factories.organisation(person))


def read(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    text = response.data.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=";"))


def open_sheet(client: FlaskClient, one: Application) -> None:
    press(client, f"/recruter/candidatures/{one.id}/ouvrir", BOARD)


def views(session: Any, one: Application) -> int:
    return session.scalar(select(func.count()).where(ContactView.application_id == one.id))


def test_only_the_details_already_opened_leave_and_each_time_is_traced(
    house: Any, sign_in: SignIn, session: Any
) -> None:
    person, of = house
    known = factories.application(of, first_name="Ada", last_name="Benali", commune_label="Bron")
    unknown = factories.application(of, first_name="Bea", last_name="Secret")
    gone = factories.application(of, first_name="Cléo", last_name="Partie")
    other = factories.application(first_name="Étrangère")
    client = sign_in(person)
    assert "que pour les candidatures que vous avez déjà ouvertes" in words(client.get(BOARD))
    for one in (known, gone):
        open_sheet(client, one)
    gone.status = Status.WITHDRAWN
    session.commit()
    response = press(client, EXPORT, BOARD)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="candidatures-')
    lines = {line["Référence"]: line for line in read(response)}
    assert set(lines) == {known.reference, unknown.reference, gone.reference}
    mine = lines[known.reference]
    assert mine["Téléphone"] == f"'{known.phone}"
    assert (mine["Nom"], mine["E-mail"], mine["Commune"]) == ("Benali", known.email, "Bron")
    assert mine["Étape"] == "À rappeler"
    for one in (unknown, gone):
        line = lines[one.reference]
        assert line["Téléphone"] == line["E-mail"] == line["Commune"] == ""
        assert line["Nom"] == f"{one.last_name[0]}."
        assert line["Coordonnées"] == "à ouvrir sur le site"
    assert [views(session, one) for one in (known, unknown, gone, other)] == [2, 0, 1, 0]
    assert unknown.status == Status.RECEIVED
    assert client.get(EXPORT).status_code == 405


def test_the_file_holds_the_list_as_it_is_filtered(house: Any, sign_in: SignIn) -> None:
    person, of = house
    factories.application(of, first_name="Ada")
    factories.application(of, first_name="Bea", status=Status.HIRED)
    client = sign_in(person)
    for kept, found in (({"etape": "oui"}, ["Bea"]), ({"q": "ada"}, ["Ada"]), ({"q": "z"}, [])):
        lines = read(press(client, EXPORT, BOARD, **kept))
        assert [line["Prénom"] for line in lines] == found


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_nothing_leaves_an_organisation_not_verified(
    status: OrganisationStatus, sign_in: SignIn
) -> None:
    person = factories.user()
    factories.application(
        factories.listing(organisation=factories.organisation(person, status=status))
    )
    assert read(press(sign_in(person), EXPORT, BOARD)) == []


def test_a_list_too_long_is_refused_in_words(
    house: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, of = house
    monkeypatch.setattr(exporting, "MOST", 1)
    for _rank in range(2):
        factories.application(of)
    client = sign_in(person)
    response = press(client, EXPORT, BOARD, etape="nouveau")
    assert "filtrez la liste" in words(client.get(response.location))
    assert "etape=nouveau" in response.location


def test_the_file_asks_few_queries_however_long(house: Any, session: Any) -> None:
    person, of = house

    def asked(number: int) -> int:
        for _rank in range(number):
            one = factories.application(of)
            session.add(
                ContactView(
                    application_id=one.id, user_id=person.id, what="contact", at=one.created_at
                )
            )
        session.commit()
        session.expire_all()
        with count_queries() as statements:
            exporting.export(person, exporting.board.Filters(), of.created_at)
        return len(statements)

    assert asked(2) == asked(40)


@pytest.mark.parametrize(
    "name",
    [
        '=HYPERLINK("http://mal.example";"clic")',
        "+33",
        "-2+3",
        "@SUM(A1)",
        "\tcmd",
        "\r=1",
        "  =1+1",
        "\u00a0=1",
        " \t@x",
        'Zoé; "la\nvraie"',
        "O’Neil",
    ],
)
def test_a_hostile_name_stays_a_text(name: str, house: Any, sign_in: SignIn, session: Any) -> None:
    person, of = house
    one = factories.application(of, first_name=name, last_name=name, commune_label=name)
    client = sign_in(person)
    open_sheet(client, one)
    line = read(press(client, EXPORT, BOARD))[0]
    for value in (line["Prénom"], line["Nom"], line["Commune"]):
        assert value in {name, f"'{name}"}
    for value in line.values():
        assert not value.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.no_database
@given(st.lists(st.lists(st.text(), min_size=2, max_size=4), max_size=5))
def test_what_is_written_is_read_again_and_never_a_formula(rows: list[list[str]]) -> None:
    rows = [[cell.replace("\x00", "") for cell in row] for row in rows]
    text = write_csv(rows).decode("utf-8-sig", "surrogatepass")
    again = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert again == [[safe_cell(cell) for cell in row] for row in rows]
    for cell in (cell for row in again for cell in row):
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))
        assert not cell.startswith(("\t", "\r"))
