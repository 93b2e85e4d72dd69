"""Files that people join: what is accepted, how it is proved, where it is kept.

A file is taken only when its name, its first bytes and a real parser agree (`parsing/`). It is
never opened here for anything else, and is only ever served as a download.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
import threading
from dataclasses import dataclass

import puremagic

import parsing.verdicts as found
from app.applications.enums import CvState
from app.core import storage
from app.core.antivirus import antivirus
from app.core.i18n import _, lazy
from config import ROOT

FOLDER = "cv"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "jpg": "image/jpeg",
    "png": "image/png",
}
ACCEPT = ".pdf,.docx,.odt,.jpg,.jpeg,.png"
PARSING_SECONDS = 10
# As many parsers at once in this process: each may take half a gigabyte.
_PARSERS = threading.BoundedSemaphore(2)
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
# Word wraps what a password protects in the format of its old files.
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PROTECTED_DOCX = "EncryptedPackage".encode("utf-16-le")
_REFUSALS = {
    found.DAMAGED: lazy("Ce fichier est abîmé. Enregistrez-le à nouveau, en PDF si possible."),
    found.ENCRYPTED: lazy(
        "Ce document est protégé par un mot de passe. Enregistrez-le sans protection."
    ),
    found.ACTIVE: lazy(
        "Ce PDF contient un programme ou un autre fichier. Enregistrez-le à nouveau sans eux."
    ),
    found.MACRO: lazy("Ce document contient une macro ou un autre fichier. Enregistrez-le en PDF."),
    found.REMOTE: lazy("Ce document va chercher des éléments ailleurs. Enregistrez-le en PDF."),
    found.HEAVY: lazy(
        "Ce document est anormalement gros une fois ouvert. Enregistrez-le à nouveau, en PDF."
    ),
    found.PAGES: lazy("Ce PDF a trop de pages. Gardez les plus importantes."),
    found.PIXELS: lazy("Cette image est trop grande. Prenez une photo plus légère."),
}


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
    """A file kept in the store under `key`; `state` tells whether it may leave it."""

    key: str
    extension: str
    sha256: str
    state: CvState


def inspect(name: str, data: bytes, *, max_bytes: int) -> CheckedFile:
    """Return the file once its extension, its first bytes and its parser agree.

    A picture is drawn again on the way. Raises FileRefused, whose message tells what to do.
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
    if extension == "docx" and data.startswith(_OLD_OFFICE) and _PROTECTED_DOCX in data:
        raise FileRefused(str(_REFUSALS[found.ENCRYPTED]))
    if not data.startswith(_FIRST_BYTES[extension]) or not _magic_agrees(data, extension):
        raise FileRefused(
            _(
                "Ce fichier n’est pas ce que dit son nom. "
                "Enregistrez-le à nouveau, en PDF si possible."
            )
        )
    verdict, drawn = _parsed(data, extension)
    if verdict != found.OK:
        raise FileRefused(str(_REFUSALS[verdict]))
    kept = drawn or data
    return CheckedFile(kept, extension, hashlib.sha256(kept).hexdigest())


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
        matches = {match.extension for match in puremagic.magic_string(data)}
    except (puremagic.PureError, ValueError):
        return False
    return bool(matches & _MAGIC[extension])


def _parsed(data: bytes, extension: str) -> tuple[str, bytes]:
    """Have another process read the file: without secrets, with little memory and time.

    One that dies, whatever of, or is too long, was given a file that nobody needs.
    """
    with _PARSERS:
        try:
            parser = subprocess.run(  # noqa: S603 - our own program; the file comes by the pipe
                [sys.executable, "-E", "-s", "-m", "parsing", extension],
                cwd=ROOT,
                env={},
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=PARSING_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return found.HEAVY, b""
    verdict, _newline, drawn = parser.stdout.partition(b"\n")
    if parser.returncode != 0:
        return found.HEAVY, b""
    return verdict.decode("ascii"), drawn


def store(file: CheckedFile) -> StoredFile:
    """Write the file under a random name and return where. Call it before the row is committed.

    If the row never comes, the file without a row is swept later; the reverse cannot happen.
    Raises StorageUnavailable.
    """
    return in_store(storage.keep(FOLDER, file.extension, file.data), file.extension, file.sha256)


def in_store(key: str, extension: str, sha256: str) -> StoredFile:
    """Return a file of the store as it is when nothing has scanned it."""
    state = CvState.WAITING if antivirus().configured else CvState.UNSCANNED
    return StoredFile(key, extension, sha256, state)


def kept_before(instant: dt.datetime) -> list[str]:
    """Return the names of the files written before `instant`."""
    return storage.kept_before(FOLDER, instant)
