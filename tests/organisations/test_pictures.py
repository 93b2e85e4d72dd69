"""The pictures of an organisation: what is taken, what stays of it, who sees it, how it goes."""

from __future__ import annotations

import datetime as dt
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from app.core import clock, storage
from app.core.database import db
from app.core.jobs import jobs
from app.organisations import pictures, queries, services
from app.organisations.enums import OrganisationStatus
from app.organisations.models import PICTURES_MAX, Organisation, Picture
from tests import factories
from tests.accounts.browser import post
from tests.applications.files import image as small_image
from tests.hostile.files import huge_png
from tests.listings.counting import count_queries

SignIn = Callable[..., FlaskClient]
ALT = "Une aide-soignante et une résidente jardinent."


@pytest.fixture
def organisation() -> Organisation:
    added = factories.organisation(factories.user(), slug="tilleuls", name="Les Tilleuls")
    db.session.commit()
    return added


@pytest.fixture
def browser(sign_in: SignIn, organisation: Organisation) -> FlaskClient:
    return sign_in(queries.owners_of(organisation.id)[0])


def address(organisation: Organisation, rest: str = "") -> str:
    return f"/recruter/structures/{organisation.id}/images/{rest}"


def send(
    browser: FlaskClient, organisation: Organisation, data: bytes, alt: str = ALT
) -> TestResponse:
    sent = {"image": (io.BytesIO(data), "IMG_2041.jpg"), "alt": alt}
    return post(browser, address(organisation), **sent)


def colours(organisation: Organisation) -> list[str]:
    return [one.alt for one in queries.pictures_of(organisation.id)]


def taken_with_a_telephone() -> bytes:
    """Return a photograph held upright, with the place and the telephone written in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "MarqueDuTelephone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (45.0, 44.0, 12.0)
    buffer = io.BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(buffer, "JPEG", exif=exif, comment=b"Secret")
    return buffer.getvalue()


@pytest.mark.no_database
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_drawn_again_in_two_sizes(kind: str) -> None:
    drawn = pictures.draw(factories.drawing(size=(2400, 1600), kind=kind))

    assert (drawn.width, drawn.height) == (960, 640)
    for data, size in ((drawn.wide, (960, 640)), (drawn.small, (480, 320))):
        with Image.open(io.BytesIO(data)) as read:
            assert (read.format, read.size) == ("WEBP", size)


@pytest.mark.no_database
def test_nothing_of_the_telephone_nor_of_the_place_stays_and_the_picture_stands_upright() -> None:
    drawn = pictures.draw(taken_with_a_telephone())

    assert drawn.width < drawn.height
    for data in (drawn.wide, drawn.small):
        with Image.open(io.BytesIO(data)) as read:
            assert dict(read.getexif()) == {}
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(read.info)
        assert b"MarqueDuTelephone" not in data
        assert b"Secret" not in data


@pytest.mark.no_database
def test_a_busy_photograph_stays_light() -> None:
    sent = factories.photograph()
    assert len(sent) > 500_000

    drawn = pictures.draw(sent)

    assert len(drawn.small) <= pictures.WEIGHTS[pictures.SMALL]
    assert len(drawn.wide) <= pictures.WEIGHTS[pictures.WIDE]


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "vide"),
        (b"x" * (pictures.MAX_BYTES + 1), "8\u00a0Mo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "pas une image"),
        (b"GIF89a" + b"\0" * 40, "pas une image"),
        (b"%PDF-1.7 %%EOF", "pas une image"),
        (factories.drawing(kind="JPEG")[:400], "abîmée"),
        (factories.drawing()[:60], "abîmée"),
        (huge_png(), "trop grande"),
        (small_image("PNG"), "trop petite"),
        (factories.drawing(size=(4000, 400)), "trop allongée"),
    ],
)
def test_what_is_not_a_picture_that_serves_is_refused_in_plain_words(
    data: bytes, message: str
) -> None:
    with pytest.raises(pictures.PictureRefused) as refused:
        pictures.draw(data)
    assert message in refused.value.message


def test_owner_adds_a_picture_that_everybody_sees(
    browser: FlaskClient, client: FlaskClient, organisation: Organisation
) -> None:
    answer = send(browser, organisation, factories.drawing())
    assert answer.status_code == 303
    assert "L’image est ajoutée" in browser.get(answer.location).text

    page = BeautifulSoup(client.get("/structures/tilleuls").text, "html.parser")
    (shown,) = page.select(".photos img")
    assert (shown["alt"], shown["width"], shown["height"]) == (ALT, "960", "640")
    assert shown["loading"] == "lazy"
    small, wide = (part.split()[0] for part in str(shown["srcset"]).split(", "))
    for link, width in ((small, 480), (wide, 960)):
        answer = client.get(link)
        with Image.open(io.BytesIO(answer.data)) as read:
            assert read.width == width
        assert answer.mimetype == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers
        known = client.get(link, headers={"If-None-Match": answer.headers["ETag"]})
        assert (known.status_code, known.data) == (304, b"")


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_pictures_are_public_only_while_the_organisation_is_verified(
    client: FlaskClient, organisation: Organisation, status: str
) -> None:
    picture = factories.picture(organisation)
    db.session.commit()
    links = [
        f"/structures/images/{digest}.webp" for digest in (picture.sha256, picture.small_sha256)
    ]
    assert [client.get(link).status_code for link in links] == [200, 200]

    organisation.status = status
    db.session.commit()

    assert [client.get(link).status_code for link in links] == [404, 404]
    assert client.get(f"/structures/images/{'0' * 64}.webp").status_code == 404


def test_a_file_changed_in_the_store_is_never_shown(
    client: FlaskClient, organisation: Organisation
) -> None:
    picture = factories.picture(organisation)
    db.session.commit()
    storage.file_store().put(picture.small_key, b"<script>alert(1)</script>")

    assert client.get(f"/structures/images/{picture.small_sha256}.webp").status_code == 404


def test_a_store_that_cannot_be_written_takes_no_picture(
    app: Flask,
    browser: FlaskClient,
    organisation: Organisation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.extensions, "file_folder", tmp_path / "gone")
    answer = send(browser, organisation, factories.drawing())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert queries.pictures_of(organisation.id) == []


def test_pending_organisation_prepares_its_pictures(sign_in: SignIn) -> None:
    owner = factories.user()
    pending = factories.organisation(owner, status=OrganisationStatus.PENDING)
    db.session.commit()
    browser = sign_in(owner)
    send(browser, pending, factories.drawing())

    (picture,) = queries.pictures_of(pending.id)
    answer = browser.get(address(pending, str(picture.id)))
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("data", "alt", "message"),
    [
        (b"", ALT, "Choisissez une image"),
        (b"MZ", ALT, "pas une image"),
        (factories.drawing(), "", "Décrivez l’image en une phrase"),
        (factories.drawing(), "IMG_2041.JPG", "nom d’un fichier"),
        (factories.drawing(), "x" * 201, "200 caractères"),
    ],
)
def test_a_refusal_says_what_to_do_and_loses_no_word(
    browser: FlaskClient, organisation: Organisation, data: bytes, alt: str, message: str
) -> None:
    sent: dict[str, Any] = {"alt": alt}
    if data:
        sent["image"] = (io.BytesIO(data), "vacances.png")
    answer = post(browser, address(organisation), **sent)

    assert answer.status_code == 422
    assert message in answer.text
    assert alt in answer.text
    assert queries.pictures_of(organisation.id) == []


def test_a_file_heavier_than_the_site_takes_is_refused_in_french(
    app: Flask,
    browser: FlaskClient,
    organisation: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert app.config["MAX_CONTENT_LENGTH"] > pictures.MAX_BYTES
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 100_000)

    answer = send(browser, organisation, b"\xff" * 200_000)

    assert answer.status_code == 413
    assert "lourd" in answer.text


def test_the_same_picture_is_shown_once(browser: FlaskClient, organisation: Organisation) -> None:
    send(browser, organisation, factories.drawing())
    answer = send(browser, organisation, factories.drawing())

    assert answer.status_code == 422
    assert "déjà sur votre page" in answer.text
    assert len(queries.pictures_of(organisation.id)) == 1


def test_a_seventh_picture_is_refused(browser: FlaskClient, organisation: Organisation) -> None:
    for shade in range(PICTURES_MAX):
        factories.picture(organisation, f"hsl({60 * shade}, 50%, 50%)")
    db.session.commit()

    answer = send(browser, organisation, factories.drawing("white"))

    assert answer.status_code == 422
    assert "déjà 6 images" in answer.text
    with pytest.raises(IntegrityError):
        factories.picture(organisation, "black")


def test_owner_describes_orders_and_takes_away(
    browser: FlaskClient, organisation: Organisation
) -> None:
    first, second, third = (
        factories.picture(organisation, colour, alt=colour) for colour in ("teal", "gold", "navy")
    )
    db.session.commit()
    keys = [second.key, second.small_key]

    post(browser, address(organisation, f"{third.id}/monter"))
    assert colours(organisation) == ["teal", "navy", "gold"]
    post(browser, address(organisation, f"{first.id}/descendre"))
    assert colours(organisation) == ["navy", "teal", "gold"]
    for rest in (f"{third.id}/monter", f"{second.id}/descendre"):
        assert post(browser, address(organisation, rest)).status_code == 303
    assert colours(organisation) == ["navy", "teal", "gold"]

    name = f"p{first.id}-alt"
    refused = post(browser, address(organisation, f"{first.id}/decrire"), **{name: ""})
    assert refused.status_code == 422
    assert f'href="#{name}"' in refused.text
    post(browser, address(organisation, f"{first.id}/decrire"), **{name: "Un jardin."})
    assert colours(organisation) == ["navy", "Un jardin.", "gold"]

    post(browser, address(organisation, f"{third.id}/retirer"))
    assert [(one.alt, one.position) for one in queries.pictures_of(organisation.id)] == [
        ("Un jardin.", 1),
        ("gold", 2),
    ]
    post(browser, address(organisation, f"{second.id}/retirer"))
    assert all(key in pictures.kept_before(clock.now() + dt.timedelta(days=1)) for key in keys)
    jobs.drain()
    assert not set(keys) & set(pictures.kept_before(clock.now() + dt.timedelta(days=1)))


def test_a_file_whose_picture_never_came_goes_a_day_later(
    organisation: Organisation, time_machine: Any
) -> None:
    orphan = pictures.keep(pictures.draw(factories.drawing("red")))
    kept = factories.picture(organisation)
    now = clock.now()

    services.sweep_pictures(now)
    jobs.drain()
    assert storage.read(orphan.key, orphan.sha256) is not None

    time_machine.move_to(now + dt.timedelta(hours=25))
    services.sweep_pictures(clock.now())
    jobs.drain()
    assert storage.read(orphan.key, orphan.sha256) is None
    assert storage.read(orphan.small_key, orphan.small_sha256) is None
    assert storage.read(kept.key, kept.sha256) is not None
    assert storage.read(kept.small_key, kept.small_sha256) is not None


def test_only_owners_arrange_the_pictures(sign_in: SignIn, organisation: Organisation) -> None:
    colleague, stranger = factories.user(), factories.user()
    services.add_member(organisation, colleague, now=clock.now())
    factories.organisation(stranger)
    picture = factories.picture(organisation)
    db.session.commit()

    for person, status in ((colleague, 403), (stranger, 404)):
        browser = sign_in(person)
        assert browser.get(address(organisation)).status_code == status
        assert send(browser, organisation, factories.drawing("red")).status_code == status
        for rest in ("monter", "descendre", "decrire", "retirer"):
            path = address(organisation, f"{picture.id}/{rest}")
            assert post(browser, path, alt="Pris").status_code == status
    assert colours(organisation) == [picture.alt]


def test_pages_ask_as_many_questions_with_six_pictures_as_with_one(
    browser: FlaskClient, client: FlaskClient, organisation: Organisation
) -> None:
    factories.picture(organisation)
    db.session.commit()
    for visitor, path in ((client, "/structures/tilleuls"), (browser, address(organisation))):
        visitor.get(path)
    with count_queries() as few:
        client.get("/structures/tilleuls")
        browser.get(address(organisation))
    for colour in ("gold", "navy", "red", "white", "black"):
        factories.picture(organisation, colour)
    db.session.commit()
    db.session.expire_all()
    with count_queries() as many:
        client.get("/structures/tilleuls")
        browser.get(address(organisation))

    assert len(many) <= len(few)


def test_two_people_who_add_the_sixth_picture_together_add_one(
    app: Flask, real_commits: None
) -> None:
    owner = factories.user()
    organisation = factories.organisation(owner)
    for colour in ("teal", "gold", "navy", "red", "white"):
        factories.picture(organisation, colour)
    kept = [pictures.keep(pictures.draw(factories.drawing(c))) for c in ("black", "pink")]
    db.session.commit()
    organisation_id, owner_id = organisation.id, owner.id
    start, outcomes = threading.Barrier(2), []

    def add(one: pictures.Kept) -> None:
        with app.app_context():
            start.wait()
            try:
                services.add_picture(
                    db.session.get_one(type(owner), owner_id),
                    db.session.get_one(Organisation, organisation_id),
                    one,
                    ALT,
                    now=clock.now(),
                )
                db.session.commit()
                outcomes.append("added")
            except pictures.PictureRefused:
                db.session.rollback()
                outcomes.append("refused")

    threads = [threading.Thread(target=add, args=(one,)) for one in kept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["added", "refused"]
    positions = db.session.scalars(select(Picture.position).order_by(Picture.position)).all()
    assert list(positions) == [1, 2, 3, 4, 5, 6]
