"""Files: what is taken, what is refused and in which words, where they are kept."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from typing import Any

import pytest

from app.applications import cv
from app.applications.services import sweep_files
from app.core import clock, storage
from app.core.jobs import jobs
from app.core.storage import file_store
from tests import factories
from tests.applications import files

MAX = 5 * 1024 * 1024
RELATION = (
    b'<Relationships><Relationship Id="1" Type="http://x/%b" Target="http://evil/t.dotm" '
    b'TargetMode="External"/></Relationships>'
)


def huge_png() -> bytes:
    """Return a PNG that says it is 30,000 pixels wide and high."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(header))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + files.image("PNG")[33:]
    )


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("name", "data", "extension"),
    [
        ("cv.pdf", files.pdf(), "pdf"),
        ("CV de Nora.PDF", files.pdf(3), "pdf"),
        ("cv.docx", files.docx(), "docx"),
        ("cv.docx", files.docx(word___rels__document=RELATION % b"hyperlink"), "docx"),
        ("cv.odt", files.odt(), "odt"),
        ("photo.jpg", files.image("JPEG"), "jpg"),
        ("photo.jpeg", files.image("JPEG"), "jpg"),
        ("photo.png", files.image("PNG"), "png"),
    ],
)
def test_an_honest_file_is_taken(name: str, data: bytes, extension: str) -> None:
    checked = cv.inspect(name, data, max_bytes=MAX)
    assert (checked.extension, checked.data) == (extension, data)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("cv.pdf", b"", "vide"),
        ("cv.pdf", files.pdf() + b" " * MAX, "trop lourd"),
        ("cv.doc", b"\xd0\xcf\x11\xe0", "type de fichier"),
        ("cv.exe", b"MZ", "type de fichier"),
        ("cv", files.pdf(), "type de fichier"),
        ("cv.pdf.html", b"<html>", "type de fichier"),
        # The name says one thing, the content another.
        ("cv.pdf", files.image("PNG"), "ce que dit son nom"),
        ("cv.png", files.image("JPEG"), "ce que dit son nom"),
        ("cv.jpg", files.pdf(), "ce que dit son nom"),
        ("cv.pdf", b"<html><script>alert(1)</script>%PDF-1.7", "ce que dit son nom"),
        ("cv.pdf", b"GIF89a" + files.pdf(), "ce que dit son nom"),
        ("cv.docx", files.odt(), "abîmé"),
        ("cv.odt", files.docx(), "abîmé"),
        ("cv.docx", files.archive({"a.txt": b"a"}), "abîmé"),
        # Two files in one.
        ("cv.pdf", files.pdf() + files.archive({"evil.class": b"x"}), "abîmé"),
        ("cv.jpg", files.image("JPEG") + files.archive({"evil.class": b"x"}), "abîmé"),
        ("cv.png", files.image("PNG") + files.archive({"evil.class": b"x"}), "abîmé"),
        ("cv.pdf", files.pdf() + b"\n<script>alert(1)</script>\n%%EOF", "abîmé"),
        # Programs, secrets, bombs.
        ("cv.pdf", files.pdf(script=True), "programme"),
        ("cv.pdf", files.pdf(file=True), "programme"),
        ("cv.pdf", files.pdf_that_sends_a_form(), "programme"),
        ("cv.pdf", files.pdf(password="secret"), "mot de passe"),
        ("cv.pdf", files.pdf(cv.MAX_PDF_PAGES + 1), "trop de pages"),
        ("cv.docx", files.docx(word__vbaProject=b"x"), "macro"),
        ("cv.docx", files.docx(word__embeddings__oleObject1=b"x"), "macro"),
        ("cv.docx", files.docx(bomb=b"\0" * 20_000_000), "anormalement gros"),
        (
            "cv.docx",
            files.docx(**{f"e{rank}": b"" for rank in range(cv.MAX_ENTRIES)}),
            "anormalement gros",
        ),
        ("cv.png", huge_png(), "trop grande"),
        ("cv.odt", files.archive({"mimetype": b"text/plain", "content.xml": b"x"}), "abîmé"),
        # Damaged.
        ("cv.pdf", files.pdf()[:200] + b"%%EOF", "abîmé"),
        ("cv.pdf", b"%PDF-1.7\n%%EOF", "abîmé"),
        ("cv.docx", files.docx()[:-30], "abîmé"),
        ("cv.docx", files.archive({"../../etc/passwd": b"x"}), "abîmé"),
    ],
)
def test_a_dishonest_or_damaged_file_is_refused_in_plain_words(
    name: str, data: bytes, message: str
) -> None:
    with pytest.raises(cv.FileRefused) as refused:
        cv.inspect(name, data, max_bytes=MAX)
    assert message in refused.value.message


def test_an_external_template_is_refused() -> None:
    data = files.archive(
        {
            "[Content_Types].xml": files.DOCX_TYPE.encode(),
            "word/document.xml": b"<document/>",
            "word/_rels/settings.xml.rels": RELATION % b"attachedTemplate",
        }
    )
    with pytest.raises(cv.FileRefused, match="ailleurs"):
        cv.inspect("cv.docx", data, max_bytes=MAX)


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
