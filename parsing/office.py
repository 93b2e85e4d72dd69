"""DOCX and ODT: no macro, no other file, nothing fetched elsewhere, no bomb."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from parsing.verdicts import (
    DAMAGED,
    ENCRYPTED,
    HEAVY,
    MACRO,
    REMOTE,
    SCHEME,
    Refused,
    leads_astray,
)

MAX_ENTRIES = 1_000
MAX_UNPACKED_BYTES = 50 * 2**20
MAX_RATIO = 100

# Word writes where the template was on the author's own disk; nothing fetches it from there.
_OWN_DISK = re.compile(r"(file:/{2,3})?[a-z]:[\\/](?![\\/])", re.IGNORECASE)

_MACRO_NAMES = re.compile(
    r"vbaProject|(^|/)(Basic|Scripts|embeddings|activeX|customUI)/", re.IGNORECASE
)
_MACRO_TYPES = re.compile(r"macroEnabled|vbaProject|vbaData|activeX|oleObject", re.IGNORECASE)
_MACRO_RELATIONS = {"oleobject", "package", "afchunk", "control", "subdocument", "frame"}
_PROGRAMS = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"MZ", b"\x7fELF", b"%PDF", b"Rar!", b"7z\xbc\xaf")
# Fields by which Word starts a program or reads another file; what is in quotes is an address.
_QUOTED = re.compile(r"\"[^\"\0]*\"")
_FIELDS = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDEPICTURE|INCLUDETEXT|IMPORT|LINK|DATABASE|MACROBUTTON)\b", re.IGNORECASE
)
_ODF_ACTIVE = {
    "plugin",
    "applet",
    "floating-frame",
    "event-listener",
    "script",
    "dde-source",
    "dde-connection",
    "dde-connection-decl",
}
_OFFICE_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ODT = b"application/vnd.oasis.opendocument.text"


def check(data: bytes, extension: str) -> bytes:
    """Return the document when it is only a document; raise Refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _refuse_bomb(entries, len(data))
        names = [entry.filename for entry in entries]
        # Two programs would read two documents in an archive that says things twice.
        if not entries or len(set(names)) < len(names):
            raise Refused(DAMAGED)
        # Nothing before the first entry, nothing after the end: an archive and nothing else.
        if min(one.header_offset for one in entries) or not data[-22:].startswith(b"PK\x05\x06"):
            raise Refused(DAMAGED)
        for entry in entries:
            _refuse_strange_entry(entry)
        check_entry = _check_docx if extension == "docx" else _check_odt
        check_entry(archive, names)
    return data


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > min(MAX_UNPACKED_BYTES, MAX_RATIO * size):
        raise Refused(HEAVY)


def _refuse_strange_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if (
        name.startswith("/")
        or "\\" in name
        or ".." in name.split("/")
        or stat.S_ISLNK(entry.external_attr >> 16)
        or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    ):
        raise Refused(DAMAGED)
    if entry.flag_bits & 0x1:
        raise Refused(ENCRYPTED)
    if _MACRO_NAMES.search(name):
        raise Refused(MACRO)


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Yield every entry, read to its end: its sum is checked, and no program is among them."""
    for name in archive.namelist():
        content = archive.read(name)
        if content.startswith(_PROGRAMS):
            raise Refused(MACRO)
        yield name, content


def _is_xml(name: str, content: bytes) -> bool:
    """Return whether an office program could read this entry as a part of the document.

    LibreOffice leaves an empty one in each of its documents.
    """
    if not content:
        return False
    marked = content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    return marked or content.lstrip()[:1] == b"<" or name.lower().endswith((".xml", ".rels"))


def _check_docx(archive: zipfile.ZipFile, names: list[str]) -> None:
    if "word/document.xml" not in names or "[Content_Types].xml" not in names:
        raise Refused(DAMAGED)
    types: set[str] = set()
    _read_xml(
        archive.read("[Content_Types].xml"),
        lambda _tag, given: types.add(given.get("ContentType", "")),
    )
    for name, content in _parts(archive):
        if name.lower().endswith(".svg"):
            _read_xml(content, _check_drawing)
        elif _is_xml(name, content):
            _read_xml(content, _check_relation)
            _refuse_fields(content)
    if any(_MACRO_TYPES.search(one) for one in types):
        raise Refused(MACRO)
    if _OFFICE_MAIN not in types:
        raise Refused(DAMAGED)


def _check_relation(tag: str, given: dict[str, str]) -> None:
    if tag != "Relationship":
        return
    kind = given.get("Type", "").rpartition("/")[2].lower()
    target = given.get("Target", "").strip()
    if kind in _MACRO_RELATIONS or "vba" in kind or "activex" in kind:
        raise Refused(MACRO)
    if given.get("TargetMode", "").strip().lower() != "external" and not SCHEME.match(target):
        return
    local = bool(_OWN_DISK.match(target)) or not SCHEME.match(target)
    if kind == "hyperlink" and (local or not leads_astray(target)):
        return
    if kind == "attachedtemplate" and local:
        return
    raise Refused(REMOTE)


def _refuse_fields(content: bytes) -> None:
    # Word cuts the name of a field anywhere: its pieces are put together first.
    written: list[str] = []
    inside: list[str] = []

    def start(tag: str, given: dict[str, str]) -> None:
        inside.append(tag)
        # No document holds this character: what is in quotes in one field ends with it.
        if tag in {"fldSimple", "fldChar", "p"}:
            written.append(f"\0{given.get('instr', '')}\0")

    def text(words: str) -> None:
        if inside and inside[-1] == "instrText":
            written.append(words)

    def end(_tag: str) -> None:
        inside.pop()

    _read_xml(content, start, text, end)
    if _FIELDS.search(_QUOTED.sub(" ", "".join(written))):
        raise Refused(REMOTE)


def _check_odt(archive: zipfile.ZipFile, names: list[str]) -> None:
    if (
        names[0] != "mimetype"
        or "content.xml" not in names
        or archive.read("mimetype").strip() != _ODT
    ):
        raise Refused(DAMAGED)
    for name, content in _parts(archive):
        if name.lower().endswith(".svg"):
            _read_xml(content, _check_drawing)
        elif _is_xml(name, content):
            _read_xml(content, _check_odf)


def _check_odf(tag: str, given: dict[str, str]) -> None:
    if tag == "encryption-data":
        raise Refused(ENCRYPTED)
    if tag in _ODF_ACTIVE:
        raise Refused(MACRO)
    target = given.get("href", "").strip()
    local = bool(_OWN_DISK.match(target)) or not SCHEME.match(target)
    if local or (tag == "template" and target.lower().startswith("file:///")):
        return
    if tag != "a" or leads_astray(target):
        raise Refused(REMOTE)


def _check_drawing(tag: str, given: dict[str, str]) -> None:
    if tag == "script":
        raise Refused(MACRO)
    target = given.get("href", "").strip()
    if tag != "a" and SCHEME.match(target) and not target.startswith("data:image/"):
        raise Refused(REMOTE)


def _read_xml(
    content: bytes,
    start: Callable[[str, dict[str, str]], Any],
    text: Callable[[str], Any] | None = None,
    end: Callable[[str], Any] | None = None,
) -> None:
    """Read a document to its end, with the names of its tags and attributes without their spaces.

    Office programs never declare a type: who does wants entities, so to grow or to read elsewhere.
    """
    parser = expat.ParserCreate(namespace_separator=" ")

    def plain(name: str) -> str:
        return name.rpartition(" ")[2]

    def declared(*_given: Any) -> None:
        raise Refused(DAMAGED)

    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = lambda tag, given: start(
        plain(tag), {plain(name): value for name, value in given.items()}
    )
    if text is not None:
        parser.CharacterDataHandler = text
    if end is not None:
        parser.EndElementHandler = lambda tag: end(plain(tag))
    parser.Parse(content, True)
