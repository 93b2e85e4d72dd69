"""Keeping listings in one's browser."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.alerts import favourites
from app.listings.enums import Outcome, Status
from tests import factories
from tests.listings.counting import count_queries

PAGE = "/mes-annonces"


def keep(client: FlaskClient, listing_id: int, **headers: str) -> str:
    data = {"annonce": listing_id, "geste": "garder"}
    answer = client.post(PAGE, data=data, headers=headers)
    assert answer.status_code == 303
    return answer.headers["Set-Cookie"]


def test_a_listing_is_kept_in_the_browser_until_it_is_removed(client: FlaskClient) -> None:
    first, second = factories.listing(title="Veille"), factories.listing(title="Jour")
    cookie = keep(client, first.id, Referer="http://localhost/recherche?q=veille")
    for part in (f"annonces={first.id}", "Path=/mes-annonces", "HttpOnly", "SameSite=Lax"):
        assert part in cookie
    keep(client, second.id)
    page = client.get(PAGE)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.index("Jour") < page.text.index("Veille")
    client.post(PAGE, data={"annonce": second.id, "geste": "retirer"})
    assert "Jour" not in client.get(PAGE).text
    gone = client.post(PAGE, data={"geste": "vider"}).headers["Set-Cookie"]
    assert "Max-Age=0" in gone
    assert "Rien ici pour le moment" in client.get(PAGE).text


def test_the_way_back_is_a_page_of_this_site(client: FlaskClient) -> None:
    one = factories.listing().id
    data = {"annonce": one, "geste": "garder"}
    for referrer, back in (
        ("http://localhost/recherche?q=nuit", "/recherche?q%3Dnuit"),
        ("https://autre.example/", None),
    ):
        place = client.post(PAGE, data=data, headers={"Referer": referrer}).headers["Location"]
        assert ("retour=" in place) is (back is not None)
    assert "autre.example" not in client.get(f"{PAGE}?gardee=1&retour=https://autre.example").text


def test_what_closed_says_so_and_leads_to_what_resembles_it(
    client: FlaskClient, now: dt.datetime
) -> None:
    over = factories.listing(title="Poste pris")
    keep(client, over.id)
    over.status, over.closed_at, over.outcome = Status.CLOSED, now, Outcome.FILLED
    page = client.get(PAGE).text
    assert "quelqu’un a été trouvé" in page
    assert "metier=aide-soignant" in page


def test_only_open_listings_are_kept_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    draft = factories.listing(status=Status.IN_REVIEW, published_at=None)
    for data in ({"annonce": draft.id, "geste": "garder"}, {"annonce": 999_999, "geste": "garder"}):
        assert client.post(PAGE, data=data).status_code == 404
    data = {"annonce": factories.listing().id, "geste": "garder"}
    answer = client.post(PAGE, data=data, headers={"Origin": "https://autre.example"})
    assert answer.status_code == 403


def test_pages_of_listings_are_the_same_for_who_keeps_and_who_does_not(
    client: FlaskClient,
) -> None:
    one = factories.listing()
    before = client.get(one.path)
    keep(client, one.id)
    after = client.get(one.path)
    assert (before.data, before.headers["Cache-Control"]) == (
        after.data,
        after.headers["Cache-Control"],
    )
    assert 'value="garder"' in after.text


def test_fifty_listings_cost_what_one_costs(client: FlaskClient) -> None:
    def cost() -> int:
        with count_queries() as statements:
            client.get(PAGE)
        return len(statements)

    for _ in range(2):
        keep(client, factories.listing().id)
    few = cost()
    for _ in range(10):
        keep(client, factories.listing().id)
    assert cost() == few


@given(st.lists(st.integers(1, 2**31 - 1), max_size=80), st.text(max_size=40))
def test_any_cookie_is_read(ids: list[int], noise: str) -> None:
    held: list[int] = []
    for one in ids:
        held = favourites.add(held, one)
    assert len(held) == len(set(held)) <= favourites.AT_MOST
    assert favourites.read(favourites.write(held)) == held
    assert all(isinstance(one, int) for one in favourites.read(noise))


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "9223372036854775807"])
def test_a_number_that_is_no_listing_is_refused(client: FlaskClient, number: str) -> None:
    answer = client.post("/mes-annonces", data={"annonce": number, "geste": "garder"})
    assert answer.status_code == 404
