"""Files: what is taken, what is refused and in which words, where they are kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

import parsing
from app.applications import cv
from app.applications.files import sweep_files
from app.applications.models import Application
from app.core import clock, storage
from app.core.jobs import jobs
from app.core.storage import file_store
from tests import factories
from tests.applications import files
from tests.applications.pages import answer, words

MAX = 5 * 1024 * 1024
RELATION = (
    b'<Relationships><Relationship Id="1" Type="http://x/%b" Target="%b" TargetMode="External"/>'
    b"</Relationships>"
)
LINK = RELATION % (b"hyperlink", b"https://www.linkedin.com/in/nora")
OWN_TEMPLATE = RELATION % (b"attachedTemplate", b"file:///C:\\Users\\Nora\\Templates\\CV.dotx")
FIELD = (
    b'<w:document xmlns:w="http://w"><w:p><w:fldSimple w:instr="PAGE"/><w:r><w:instrText>'
    b'HYPERLINK "https://example.org/link"</w:instrText></w:r></w:p></w:document>'
)
DRAWN = files.ODT_CONTENT % (
    b"<draw:image xlink:href='Pictures/1.png'/><text:a xlink:href='mailto:nora@example.org'/>"
)


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("name", "data", "extension"),
    [
        ("cv.pdf", files.pdf(), "pdf"),
        ("CV de Nora.PDF", files.pdf(3), "pdf"),
        ("cv.docx", files.docx(), "docx"),
        ("cv.docx", files.docx(word__relations__document__rels=LINK), "docx"),
        ("cv.docx", files.docx(word__relations__settings__rels=OWN_TEMPLATE), "docx"),
        ("cv.docx", files.docx(word__document__xml=FIELD), "docx"),
        ("cv.odt", files.odt(), "odt"),
        ("cv.odt", files.odt(content__xml=DRAWN), "odt"),
    ],
)
def test_an_honest_document_is_taken_as_it_is(name: str, data: bytes, extension: str) -> None:
    checked = cv.inspect(name, data, max_bytes=MAX)
    assert (checked.extension, checked.data) == (extension, data)
    assert parsing.verdict(data, extension) == ("ok", data)


@pytest.mark.no_database
@pytest.mark.parametrize(("name", "kind"), [("photo.jpeg", "JPEG"), ("photo.png", "PNG")])
def test_a_picture_is_drawn_again_without_where_it_was_taken(name: str, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Turned by a quarter.
    exif[0x9286] = "chez Nora"
    buffer = io.BytesIO()
    Image.new("RGB", (5_000, 30), "white").save(buffer, kind, exif=exif, comment=b"chez Nora")
    checked = cv.inspect(name, buffer.getvalue() + b"<?php evil() ?>", max_bytes=MAX)
    assert checked.sha256 == hashlib.sha256(checked.data).hexdigest()
    assert b"chez Nora" not in checked.data
    assert b"evil" not in checked.data
    with Image.open(io.BytesIO(checked.data)) as drawn:
        assert (drawn.format, drawn.size) == (kind, (24, 4_000))
        assert not drawn.getexif()


def test_a_store_that_cannot_be_written_keeps_the_form_and_nothing_else(
    app: Flask, client: FlaskClient, session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = factories.listing()
    # Where the folder of CVs should be, something that no file can be written in.
    (tmp_path / "cv").touch()
    with monkeypatch.context() as broken:
        broken.setitem(app.extensions, "file_folder", tmp_path)
        response = answer(client, of, message="Un mot", cv=(io.BytesIO(files.pdf()), "cv.pdf"))
        assert response.status_code == 503
        assert "Nous n’arrivons pas à garder votre fichier" in words(response)
        assert "Un mot" in response.text
        assert session.scalars(select(Application)).all() == []
        # Without a file, the application goes.
        assert answer(client, of).status_code == 303
    assert session.scalars(select(Application.cv_key)).all() == [None]


def test_a_file_changed_in_the_store_is_never_given() -> None:
    checked = cv.inspect("cv.pdf", files.pdf(), max_bytes=MAX)
    stored = cv.store(checked)
    assert storage.read(stored.key, stored.sha256) == checked.data
    file_store().put(stored.key, b"something else")
    assert storage.read(stored.key, stored.sha256) is None
    storage.remove(stored.key)
    storage.remove(stored.key)
    assert storage.read(stored.key, stored.sha256) is None


def test_a_file_whose_application_never_came_goes_a_day_later(time_machine: Any) -> None:
    orphan = cv.store(cv.inspect("cv.pdf", files.pdf(), max_bytes=MAX))
    kept = cv.store(cv.inspect("cv.pdf", files.pdf(), max_bytes=MAX))
    factories.application(cv_key=kept.key, cv_name="cv.pdf", cv_sha256=kept.sha256)
    now = clock.now()

    sweep_files(now)
    jobs.drain()
    assert storage.read(orphan.key, orphan.sha256) is not None

    time_machine.move_to(now + dt.timedelta(hours=25))
    sweep_files(clock.now())
    jobs.drain()
    assert storage.read(orphan.key, orphan.sha256) is None
    assert storage.read(kept.key, kept.sha256) is not None
