"""Files that people join: what is accepted, how it is proved, where it is kept.

A file is taken only when its name, its first bytes and a real parser agree. It is never opened
here for anything else, and is only ever served as a download.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import stat
import zipfile
from dataclasses import dataclass
from typing import cast

import puremagic
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

from app.core import storage
from app.core.i18n import _

FOLDER = "cv"
MAX_ENTRIES = 1_000
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_RATIO = 100
MAX_PDF_PAGES = 60
MAX_PIXELS = 60_000_000
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "jpg": "image/jpeg",
    "png": "image/png",
}
ACCEPT = ".pdf,.docx,.odt,.jpg,.jpeg,.png"
_SYNONYMS = {"jpeg": "jpg", "jpe": "jpg"}
_FIRST_BYTES = {
    "pdf": b"%PDF-",
    "docx": b"PK\x03\x04",
    "odt": b"PK\x03\x04",
    "jpg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
}
# What puremagic may answer for each extension: office files are ZIP archives.
_MAGIC = {
    "pdf": {".pdf"},
    "docx": {".docx", ".zip"},
    "odt": {".odt", ".zip"},
    "jpg": {".jpg", ".jpeg"},
    "png": {".png"},
}
# Long names only: three bytes such as /JS appear by chance in any compressed page.
_ACTIVE_PDF = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia)\b")
_MARKUP = re.compile(rb"<\s*(!doctype\s+html|html|script|svg|iframe)", re.IGNORECASE)
_MACROS = re.compile(r"vbaProject|^Basic/|^Scripts/|/embeddings/|/activeX/", re.IGNORECASE)
_EXTERNAL = re.compile(
    rb"<Relationship\b(?=[^>]*TargetMode\s*=\s*[\"']External)(?![^>]*/hyperlink[\"'])[^>]*>",
    re.IGNORECASE,
)


class FileRefused(Exception):
    """The file cannot be taken. `message` is French and says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class CheckedFile:
    """A file that is what its name says. `extension` has no dot."""

    data: bytes
    extension: str
    sha256: str


@dataclass(frozen=True)
class StoredFile:
    """A file kept in the store under `key`."""

    key: str
    extension: str
    sha256: str


def inspect(name: str, data: bytes, *, max_bytes: int) -> CheckedFile:
    """Return the file once its extension, its first bytes and its parser agree.

    Raises FileRefused, whose message tells the person what to do.
    """
    if not data:
        raise FileRefused(_("Ce fichier est vide. Choisissez-en un autre."))
    if len(data) > max_bytes:
        raise FileRefused(
            _(
                "Ce fichier est trop lourd. Il doit faire %(mb)d\u00a0Mo au plus.",
                mb=max_bytes // 2**20,
            )
        )
    extension = _extension(name)
    if not data.startswith(_FIRST_BYTES[extension]) or not _magic_agrees(data, extension):
        raise FileRefused(
            _(
                "Ce fichier n’est pas ce que dit son nom. "
                "Enregistrez-le à nouveau, en PDF si possible."
            )
        )
    try:
        _CHECKS[extension](data, extension)
    except (
        PyPdfError,
        zipfile.BadZipFile,
        UnidentifiedImageError,
        # Damaged files make the parsers raise these.
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        EOFError,
        SyntaxError,
        NotImplementedError,
        RecursionError,
        RuntimeError,
    ) as error:
        raise FileRefused(
            _("Ce fichier est abîmé. Enregistrez-le à nouveau, en PDF si possible.")
        ) from error
    return CheckedFile(data, extension, hashlib.sha256(data).hexdigest())


def _extension(name: str) -> str:
    extension = name.rpartition(".")[2].lower()
    extension = _SYNONYMS.get(extension, extension)
    if extension not in MEDIA_TYPES:
        raise FileRefused(
            _(
                "Ce type de fichier n’est pas accepté. "
                "Choisissez un PDF, un DOCX, un ODT, un JPEG ou un PNG."
            )
        )
    return extension


def _magic_agrees(data: bytes, extension: str) -> bool:
    try:
        found = {match.extension for match in puremagic.magic_string(data)}
    except (puremagic.PureError, ValueError):
        return False
    return bool(found & _MAGIC[extension])


def _refuse_hidden_archive(data: bytes) -> None:
    # A picture or a PDF that is also an archive is made to fool somebody.
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError("an archive hides in the file")


def _check_pdf(data: bytes, _extension: str) -> None:
    _refuse_hidden_archive(data)
    if b"%%EOF" not in data[-2048:] or _MARKUP.search(data[:1024]) or _MARKUP.search(data[-2048:]):
        raise ValueError("not only a PDF")
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise FileRefused(
            _("Ce PDF est protégé par un mot de passe. Enregistrez-le sans protection.")
        )
    if _ACTIVE_PDF.search(data) or _acts_on_opening(reader):
        raise FileRefused(
            _(
                "Ce PDF contient un programme ou un autre fichier. "
                "Enregistrez-le à nouveau sans eux."
            )
        )
    pages = len(reader.pages)
    if pages > MAX_PDF_PAGES:
        raise FileRefused(_("Ce PDF a trop de pages. Gardez les plus importantes."))
    if pages == 0:
        raise ValueError("no page")


def _acts_on_opening(reader: PdfReader) -> bool:
    """Return whether the catalogue, even compressed, names a program or a file to open."""
    catalogue = cast("DictionaryObject", reader.trailer["/Root"].get_object())
    names = catalogue.get("/Names")
    named = cast("DictionaryObject", names.get_object()) if names is not None else {}
    action = catalogue.get("/OpenAction")
    opening = action.get_object() if action is not None else None
    kind = opening.get("/S") if isinstance(opening, dict) else None
    return (
        "/AA" in catalogue
        or "/JavaScript" in named
        or "/EmbeddedFiles" in named
        or kind not in {None, "/GoTo"}
    )


def _check_image(data: bytes, extension: str) -> None:
    _refuse_hidden_archive(data)
    kind = {"jpg": "JPEG", "png": "PNG"}[extension]
    try:
        size = _image_size(data, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        size = MAX_PIXELS + 1
    if size > MAX_PIXELS:
        raise FileRefused(_("Cette image est trop grande. Prenez une photo plus légère."))


def _image_size(data: bytes, kind: str) -> int:
    """Return the number of pixels of a picture whose sums are right; nothing is unpacked."""
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        width, height = image.size
        image.verify()
    return int(width * height)


def _check_office(data: bytes, extension: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _refuse_bomb(entries, len(data))
        for entry in entries:
            _refuse_strange_entry(entry)
        _refuse_wrong_office(archive, extension)
        # Reads every entry to its end and checks its sum; bounded by the sizes checked above.
        if archive.testzip() is not None:
            raise zipfile.BadZipFile("a damaged entry")


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > min(MAX_UNPACKED_BYTES, MAX_RATIO * size):
        raise FileRefused(
            _("Ce document est anormalement gros une fois ouvert. Enregistrez-le en PDF.")
        )


def _refuse_strange_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if name.startswith("/") or ".." in name.split("/") or stat.S_ISLNK(entry.external_attr >> 16):
        raise ValueError("an entry leaves the archive")
    if entry.flag_bits & 0x1:
        raise FileRefused(
            _("Ce document est protégé par un mot de passe. Enregistrez-le sans protection.")
        )
    if _MACROS.search(name):
        raise FileRefused(
            _("Ce document contient une macro ou un autre fichier. Enregistrez-le en PDF.")
        )


def _refuse_wrong_office(archive: zipfile.ZipFile, extension: str) -> None:
    names = set(archive.namelist())
    if extension == "odt":
        if (
            archive.read("mimetype").strip() != MEDIA_TYPES["odt"].encode()
            or "content.xml" not in names
        ):
            raise ValueError("not an ODT")
        return
    types = archive.read("[Content_Types].xml")
    if "word/document.xml" not in names or b"wordprocessingml.document.main+xml" not in types:
        raise ValueError("not a DOCX")
    for name in names:
        if name.endswith(".rels") and _EXTERNAL.search(archive.read(name)):
            raise FileRefused(
                _("Ce document va chercher des éléments ailleurs. Enregistrez-le en PDF.")
            )


_CHECKS = {
    "pdf": _check_pdf,
    "docx": _check_office,
    "odt": _check_office,
    "jpg": _check_image,
    "png": _check_image,
}


def store(file: CheckedFile) -> StoredFile:
    """Write the file under a random name and return where. Call it before the row is committed.

    If the row never comes, the file without a row is swept later; the reverse cannot happen.
    """
    key = storage.keep(FOLDER, file.extension, file.data)
    return StoredFile(key, file.extension, file.sha256)


def kept_before(instant: dt.datetime) -> list[str]:
    """Return the names of the files written before `instant`."""
    return storage.kept_before(FOLDER, instant)
