"""What people do on the site of production, and what nobody outside may reach."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import pyotp
import pytest
import requests
from sqlalchemy import select

from app.applications.enums import CvState
from app.applications.models import Application
from tests.applications.files import pdf
from tests.production import shipped
from tests.production.conftest import OPENING, TITLE, Opened
from tests.production.people import Person, heading, hidden, reference
from tests.stack import wait_until

pytestmark = pytest.mark.no_database
# Faster, it is a program: the site would ask for a proof.
READING_SECONDS = 2.1


def mails_to(opened: Opened, address: str) -> list[EmailMessage]:
    return [one for one in opened.production.smtp.messages if one["To"] == address]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def apply(person: Person, listing: str) -> requests.Response:
    filled = person.fill_application(listing)
    time.sleep(READING_SECONDS)
    return person.send_application(listing, filled)


def sign_in_by_link(person: Person, link: str) -> requests.Response:
    path = re.sub(r"^https://[^/]+", "", link)
    return person.post(path, data=person.form(path))


def sign_in_by_mail(opened: Opened, email: str) -> Person:
    person = opened.person()
    before = len(mails_to(opened, email))
    form = person.form("/connexion/lien")
    person.post("/connexion/lien", data=form | {"email": email})
    wait_until(lambda: len(mails_to(opened, email)) > before, 60, "the link by e-mail")
    found = re.search(r"https://\S+/connexion/lien/\S+", text_of(mails_to(opened, email)[-1]))
    assert found
    assert sign_in_by_link(person, found.group()).status_code == 200
    return person


def test_the_steps_of_the_document_install_the_site(opened: Opened) -> None:
    assert [line.split()[1] for line in OPENING] == [
        "db",
        "geography",
        "professions",
        "search",
        "accounts",
    ]
    assert opened.person().get("/health/live").json() == {"status": "ok"}


def test_from_a_search_to_the_state_of_an_application(opened: Opened) -> None:
    person = opened.person()
    results = person.get("/recherche", params={"q": TITLE})
    assert "Recherche simplifiée" not in results.text
    assert opened.listings[0] in results.text
    assert person.get(opened.listings[0]).status_code == 200

    given = apply(person, opened.listings[0])

    number = reference(given.text)
    address = f"samira{person.number}@example.org"
    wait_until(lambda: bool(mails_to(opened, address)), 60, "the receipt by e-mail")
    message = mails_to(opened, address)[0]
    assert number in text_of(message)
    link = re.search(r"https://\S+/candidature/\S+", text_of(message))
    assert link
    # The message leads to the site by its public name.
    assert link.group().startswith(opened.production.url)
    state = opened.person().get(link.group())
    assert state.status_code == 200
    assert number in state.text
    assert state.headers["Cache-Control"] == "no-store"
    wait_until(lambda: bool(mails_to(opened, opened.recruiters[0])), 60, "the recruiter to be told")


def test_a_cv_is_read_by_the_antivirus_before_it_is_served(opened: Opened) -> None:
    person = opened.person()
    filled = person.fill_application(opened.listings[3])
    time.sleep(READING_SECONDS)
    cv = ("cv.pdf", pdf(), "application/pdf")
    given = person.post(f"{opened.listings[3]}/candidater", data=filled, files={"cv": cv})
    query = select(Application.cv_state).where(Application.reference == reference(given.text))

    def is_clean() -> bool:
        with opened.session() as session:
            return session.scalar(query) == CvState.CLEAN

    wait_until(is_clean, 60, opened.production.worker.log_tail())


def test_the_containers_would_know_how_the_site_is(opened: Opened) -> None:
    def health(part: str, port: int) -> int:
        command = [sys.executable, "deploy/healthcheck.py", part, f"127.0.0.1:{port}"]
        production = opened.production
        return subprocess.run(
            command, cwd=shipped.ROOT, env=production.environ, check=False
        ).returncode

    assert health("live", opened.production.web_port) == 0
    assert health("worker", opened.production.web_port) == 0
    assert health("search", opened.production.web_port) == 0
    assert health("unheard-of", opened.production.web_port) == 1
    assert health("live", opened.production.http_port) == 1


def test_the_admin_signs_in_with_the_link_of_the_command(opened: Opened) -> None:
    said = opened.said["accounts create vous@exemple.fr --role admin"]
    link = re.search(r"https://\S+", said)
    assert link
    person = opened.person()
    asked = sign_in_by_link(person, link.group())
    secret = re.search(r"secret=([A-Z2-7]+)|>((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})<", asked.text)
    assert secret, heading(asked.text)
    code = pyotp.TOTP((secret[1] or secret[2]).replace(" ", "")).now()

    person.post(asked.url, data=hidden(asked.text) | {"code": code})

    team = person.get("/equipe/etat/")
    assert team.status_code == 200
    assert team.headers["Cache-Control"] == "no-store"
    cookies = {cookie.name: cookie for cookie in person.cookies}
    assert all(name.startswith("__Host-") for name in cookies), cookies
    session = cookies["__Host-session"]
    assert session.secure
    assert session.path == "/"
    assert session.has_nonstandard_attr("HttpOnly")


def test_two_people_never_see_each_other_s_pages(opened: Opened) -> None:
    first, second = (sign_in_by_mail(opened, email) for email in opened.recruiters[1:3])
    for _ in range(3):
        for person, mine, other in ((first, 1, 2), (second, 2, 1)):
            page = person.get("/recruter/annonces/")
            assert f"{TITLE} {mine}" in page.text
            assert f"{TITLE} {other}" not in page.text
            assert page.headers["Cache-Control"] == "no-store"
    # A page that bears the name of a file is not kept as one (cache deception).
    assert first.get("/recruter/annonces/a.css").status_code == 404
    stranger = opened.person().get("/recruter/annonces/", allow_redirects=False)
    assert stranger.status_code == 302
    assert TITLE not in stranger.text


def test_every_answer_over_https_says_how_to_be_treated(opened: Opened) -> None:
    person = opened.person()
    for path in ("/", "/recherche", "/api/v1/listings", "/rien", "/static/css/site.css"):
        headers = person.get(path).headers
        # Its name alone, without a version; and one answer, that of nginx.
        assert headers["Server"] == "nginx", path
        assert "Via" not in headers
        if not path.startswith("/static/"):
            assert headers["Strict-Transport-Security"].startswith("max-age=31536000"), path
            assert "default-src 'none'" in headers["Content-Security-Policy"], path


def test_plain_http_leads_to_https_and_says_nothing_more(opened: Opened) -> None:
    person = opened.person()
    plain = f"http://localhost:{opened.production.http_port}"
    answer = person.get(f"{plain}/recherche?q=nuit", allow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{opened.production.url}/recherche?q=nuit"
    assert answer.headers["Server"] == "nginx"
    # A forged host is not repeated.
    forged = person.get(f"{plain}/", headers={"Host": "mechant.example"}, allow_redirects=False)
    assert forged.headers["Location"].startswith(opened.production.url)
    assert opened.person().get("/", headers={"Host": "mechant.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/health/ready", "/metrics", "/metrics/", "/health/ready/x"])
def test_what_is_inside_is_told_inside_only(opened: Opened, path: str) -> None:
    outside = opened.person()
    assert outside.get(path).status_code == 403
    # To say where one comes from is not to come from there.
    assert outside.get(path, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    if path == "/health/ready":
        inside = requests.get(
            opened.production.url + path, verify=str(opened.production.certificate), timeout=60
        )
        assert inside.json()["database"] == "ok"
        assert inside.json()["search"] == "ok"


def test_what_is_refused_before_it_is_read_is_answered_all_the_same(opened: Opened) -> None:
    parts = {f"f{n}": (None, "x" * 1_000) for n in range(5_000)}

    def send(person: Person) -> list[tuple[int, str]]:
        answers = [person.post(f"{opened.listings[0]}/candidater", files=parts) for _ in range(4)]
        person.close()
        return [(one.status_code, heading(one.text)) for one in answers]

    with ThreadPoolExecutor(8) as crowd:
        told = [
            one for some in crowd.map(send, [opened.person() for _ in range(8)]) for one in some
        ]
    # Never 502, which is what nginx says when gunicorn hangs up on a file it has not read.
    assert set(told) == {(413, "Votre envoi est trop lourd.")}


def test_what_is_too_big_is_refused_in_french_and_the_site_goes_on(opened: Opened) -> None:
    person = opened.person()
    listing = opened.listings[0]
    filled = person.fill_application(listing)
    huge = person.post(
        f"{listing}/candidater", data=filled, files={"cv": ("cv.pdf", b"%PDF-" + b"0" * 12_000_000)}
    )
    assert huge.status_code == 413
    assert heading(huge.text) == "Votre envoi est trop lourd."
    assert huge.headers["Cache-Control"] == "no-store"
    style = person.get("/erreurs/page.css")
    assert style.headers["Content-Type"].startswith("text/css")
    long = person.post(f"{listing}/candidater", data=filled | {"message": "m" * 600_000})
    assert long.status_code in {413, 422}
    assert person.get(listing).status_code == 200
