"""The home page and the pages the law asks for, as a person meets them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template
from flask.testing import FlaskClient
from sqlalchemy import event

from app import create_app
from app.core import clock
from app.core.database import db
from app.listings.enums import Kind
from app.professions.queries import professions
from config import TestConfig
from tests import factories

PAGES = ["/", "/mentions-legales", "/donnees-personnelles", "/accessibilite"]
ERRORS = [400, 401, 403, 404, 405, 410, 413, 422, 429, 500, 503]


def page(client: FlaskClient, path: str) -> BeautifulSoup:
    """Open a page that must answer, and return what it holds."""
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.text, "lxml")


def words(node: object) -> str:
    """Return a text with plain spaces, to be compared."""
    return " ".join(node.get_text(" ").split())  # type: ignore[attr-defined]


def error_page(app: Flask, status: int, **context: object) -> BeautifulSoup:
    """Render an error page as core/errors.py does."""
    with app.test_request_context("/quelque-part"):
        html = render_template(f"errors/{status}.html", status=status, **context)
    return BeautifulSoup(html, "lxml")


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_one_title_and_the_landmarks(client: FlaskClient, path: str) -> None:
    html = page(client, path)

    assert html.html["lang"] == "fr"
    assert len(html.find_all("h1")) == 1
    assert words(html.title).endswith(" – Prendre soin")
    for landmark in ("header", "main", "footer"):
        assert len(html.find_all(landmark, recursive=True)) == 1
    assert html.find("a", class_="skip")["href"] == f"#{html.main['id']}"
    ids = [node["id"] for node in html.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_titles_are_unique(client: FlaskClient) -> None:
    assert len({words(page(client, path).title) for path in PAGES}) == len(PAGES)


@pytest.mark.parametrize("path", PAGES)
def test_reading_sets_no_cookie(client: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize("path", PAGES)
def test_every_link_to_the_site_leads_somewhere(app: Flask, client: FlaskClient, path: str) -> None:
    addresses = {a["href"] for a in page(client, path).find_all("a", href=re.compile("^/"))}
    router = app.url_map.bind("localhost")

    assert addresses
    assert all(router.test(address.partition("?")[0], method="GET") for address in addresses)


def test_home_starts_with_the_search(client: FlaskClient) -> None:
    html = page(client, "/")

    form = html.main.find("form")
    assert (form["action"], form["method"]) == ("/recherche", "get")
    assert [field["name"] for field in form.find_all("input")] == ["q", "ou"]
    assert all(form.find("label", attrs={"for": i["id"]}) for i in form.find_all("input"))


def test_home_counts_only_what_is_open(client: FlaskClient) -> None:
    factories.listing(Kind.JOB)
    factories.listing(Kind.JOB, closes_at=clock.now() - dt.timedelta(minutes=1))

    counters = page(client, "/").find("ul", class_="kchips")

    assert words(counters) == "1 Emploi"
    assert counters.a["href"] == "/recherche?type=emploi"


def test_empty_home_invents_nothing(client: FlaskClient) -> None:
    html = page(client, "/")

    assert html.find("ul", class_="kchips") is None
    assert html.find(id="latest") is None
    assert html.find(id="events") is None
    assert html.find(id="professions") is None
    assert html.find("div", class_="band") is None


def test_home_shows_the_latest_listings(client: FlaskClient) -> None:
    offer = factories.listing(Kind.JOB, title="Auxiliaire de vie à Bron")

    link = page(client, "/").select_one('.card__link:-soup-contains("Auxiliaire de vie à Bron")')

    assert link["href"] == offer.path


def test_home_shows_the_next_events_with_their_day_in_paris(client: FlaskClient) -> None:
    # 23:30 in UTC is already the next day in Paris.
    start = dt.datetime(clock.now().year + 1, 1, 14, 23, 30, tzinfo=dt.UTC)
    meeting = factories.listing(Kind.EVENT, title="Café des métiers", closes_at=start)
    factories.listing_session(meeting, starts_at=start)

    card = page(client, "/").find(id="rendez-vous").find("li")

    assert words(card.find("p", class_="date")).split()[1:] == ["15", "janv."]
    assert card.a["href"] == meeting.path


def test_home_links_the_professions_to_their_search(client: FlaskClient) -> None:
    factories.listing(Kind.JOB)
    factories.listing(Kind.TRAINING)

    card = page(client, "/").find("li", class_="job")

    assert card.a["href"] == "/metiers/aide-soignant"
    assert "2 annonces" in words(card)


def test_home_tells_jobs_open_without_diploma(client: FlaskClient) -> None:
    factories.listing(Kind.JOB, diploma_need="none")
    factories.listing(Kind.TRAINING, diploma_need="none")

    band = page(client, "/").find("div", class_="band")

    assert "Une offre est ouverte sans diplôme." in words(band)
    assert band.a["href"] == "/recherche?diplome=sans"


def test_home_asks_few_questions_to_the_database(client: FlaskClient) -> None:
    professions()
    for kind in Kind:
        factories.listing(kind)
    statements: list[str] = []
    connection = db.session.connection()

    def record(_c: object, _k: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    event.listen(connection, "before_cursor_execute", record)
    page(client, "/")
    event.remove(connection, "before_cursor_execute", record)

    assert len(statements) <= 6, statements


def test_phone_and_its_hours_are_settings(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page(client, "/").find("a", href="tel:+33465711234")

    monkeypatch.setitem(app.config, "PHONE", "")

    assert page(client, "/").find("a", href=re.compile("^tel:")) is None


def test_demonstration_says_that_it_is_one(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "fictives" not in words(page(client, "/"))

    monkeypatch.setitem(app.config, "DEMO", True)

    for path in PAGES:
        assert "annonces sont fictives" in words(page(client, path))


def test_territory_and_operator_are_settings(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "TERRITORY_NAME", "Brest métropole")
    monkeypatch.setitem(app.config, "TERRITORY_SHORT", "Brest")
    monkeypatch.setitem(app.config, "OPERATOR_NAME", "Ville de Brest")

    for path in PAGES:
        html = page(client, path)
        assert "Lyon" not in words(html)
        assert "à Brest et autour" in words(html.header)


def test_signed_in_person_can_leave_from_every_page(
    client: FlaskClient, sign_in: Callable[..., FlaskClient]
) -> None:
    assert page(client, "/").find("form", action="/deconnexion") is None

    browser = sign_in(factories.user())

    for path in PAGES:
        header = page(browser, path).header
        form = header.find("form", action="/deconnexion")
        assert form["method"] == "post"
        assert form.find("input", attrs={"name": "csrf_token"})["value"]
        assert "Se connecter" not in words(header)


def test_accessibility_is_announced_on_every_page(client: FlaskClient) -> None:
    for path in PAGES:
        link = page(client, path).footer.find("a", href="/accessibilite")
        assert words(link) == "Accessibilité : non conforme"


def test_privacy_says_for_whom_and_how_long(client: FlaskClient) -> None:
    table = page(client, "/donnees-personnelles").find("table")

    assert [words(th) for th in table.thead.find_all("th")] == [
        "Quelles données",
        "Pourquoi",
        "Qui les reçoit",
        "Combien de temps",
    ]
    assert "3 mois" in words(table)


def test_legal_page_shows_the_settings_that_are_set(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "héberge" not in words(page(client, "/mentions-legales").main)

    monkeypatch.setitem(app.config, "HOST_NAME", "Hébergeur public")

    assert "Hébergeur public" in words(page(client, "/mentions-legales").main)


def test_robots_are_told_what_not_to_read(client: FlaskClient) -> None:
    response = client.get("/robots.txt")

    assert response.mimetype == "text/plain"
    assert "Disallow: /candidature/" in response.text


@pytest.mark.parametrize("status", ERRORS)
def test_error_pages_say_what_to_do(app: Flask, status: int) -> None:
    html = error_page(app, status)

    assert len(html.find_all("h1")) == 1
    assert html.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert len(html.main.find_all("a")) >= 2


def test_unexpected_error_gives_its_number(app: Flask) -> None:
    assert "ab12cd34" in words(error_page(app, 500, incident="ab12cd34").main)


def test_refused_action_says_why(app: Flask) -> None:
    assert "Déjà pourvue." in words(error_page(app, 422, message="Déjà pourvue.").main)


def test_unknown_page_asks_nothing_to_the_database_and_sets_no_cookie(
    client: FlaskClient,
) -> None:
    statements: list[str] = []
    connection = db.session.connection()
    client.set_cookie("session", "illisible")

    def record(_c: object, _k: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", record)
    response = client.get("/nulle-part")
    event.remove(connection, "before_cursor_execute", record)

    assert response.status_code == 404
    assert [s for s in statements if s.startswith("SELECT")] == []
    assert "Set-Cookie" not in response.headers


def test_site_without_database_says_so_to_signed_in_people(
    environ: dict[str, str], tmp_path: Path
) -> None:
    broken = create_app(
        TestConfig(environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'absent' / 'x.db'}"})
    )
    browser = broken.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = "0123456789abcdef"

    response = browser.get("/")

    html = BeautifulSoup(response.text, "lxml")
    assert response.status_code in {500, 503}
    assert len(html.find_all("h1")) == 1
    assert html.main.find("a", href="/recherche")
