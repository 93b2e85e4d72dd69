"""PDF: no program, no other file, no call, no bomb, and nothing but a PDF."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import LimitReachedError
from pypdf.generic import IndirectObject, StreamObject

from parsing.verdicts import (
    ACTIVE,
    DAMAGED,
    ENCRYPTED,
    HEAVY,
    PAGES,
    Refused,
    leads_astray,
    refuse_hidden_archive,
)

MAX_PAGES = 60
MAX_OBJECTS = 50_000
# A page scanned in colours, once unpacked, is 26 MB; a whole CV of them is not ten times that.
MAX_STREAM_BYTES = 120 * 2**20
MAX_STREAMS_BYTES = 300 * 2**20
MAX_PIXELS = 100_000_000

_MARKUP = re.compile(rb"<\s*(!doctype\s+html|html|script|svg|iframe)", re.IGNORECASE)
_ACTIVE_WORDS = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia)\b")
_ACTIVE_KEYS = {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"}
_ACTIVE_KINDS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/RichMedia",
    "/RichMediaExecute",
    "/EmbeddedFile",
    "/FileAttachment",
}
# Compressed by themselves, and drawn by the reader of the file: their size is that of the picture.
_PICTURE_FILTERS = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"}


def check(data: bytes, _extension: str) -> bytes:
    """Return the file when it is a PDF to read, and nothing more; raise Refused."""
    outside = b"".join(part.partition(b"stream")[0] for part in data.split(b"endstream"))
    _refuse_mixture(data, outside)
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise Refused(ENCRYPTED)
    pages = len(reader.pages)
    if pages > MAX_PAGES:
        raise Refused(PAGES)
    if _ACTIVE_WORDS.search(outside) or _acts_on_opening(reader):
        raise Refused(ACTIVE)
    _refuse_objects(reader)
    if pages == 0:
        raise Refused(DAMAGED)
    return data


def _refuse_mixture(data: bytes, outside: bytes) -> None:
    """Refuse what is something else too. `outside`: the bytes that are in no stream."""
    refuse_hidden_archive(data)
    _before, end, after = data.rpartition(b"%%EOF")
    if not end or after.strip(b"\0\t\n\f\r "):
        raise Refused(DAMAGED)
    if _MARKUP.search(data[:1024]) or _MARKUP.search(outside):
        raise Refused(DAMAGED)


def _refuse_objects(reader: Any) -> None:
    unpacked = 0
    for value in _objects(reader):
        if _is_active(value):
            raise Refused(ACTIVE)
        unpacked += _unpacked_size(value)
        if unpacked > MAX_STREAMS_BYTES:
            raise Refused(HEAVY)


def _acts_on_opening(reader: Any) -> bool:
    catalogue = reader.trailer["/Root"].get_object()
    opening = _resolved(catalogue.get("/OpenAction"))
    kind = opening.get("/S") if isinstance(opening, dict) else None
    return "/AA" in catalogue or kind not in {None, "/GoTo"}


def _objects(reader: Any) -> Iterator[Any]:
    """Yield every object of the file, those packed in others too."""
    numbers = {(n, g) for g, offsets in reader.xref.items() for n in offsets if n}
    numbers |= {(n, 0) for n in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise Refused(HEAVY)
    yield reader.trailer
    for number, generation in sorted(numbers):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _is_active(value: Any) -> bool:
    """Return whether an object of a PDF names a program, another file, or calls somebody."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            # The values as they are written: what is referred to is looked at for itself.
            waiting.extend(dict.values(one))
            kinds = {str(_resolved(one.get(name))) for name in ("/S", "/Type", "/Subtype")}
            if _ACTIVE_KEYS & one.keys() or _ACTIVE_KINDS & kinds:
                return True
            if "/URI" in kinds and leads_astray(str(_resolved(one.get("/URI")))):
                return True
        elif isinstance(one, list):
            waiting.extend(list.__iter__(one))
    return False


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None else None


def _unpacked_size(value: Any) -> int:
    """Return how many bytes a stream makes once unpacked; refuse what is made to fill a memory."""
    if not isinstance(value, StreamObject):
        return 0
    written = _resolved(value.get("/Filter")) or []
    filters = [str(one) for one in (written if isinstance(written, list) else [written])]
    pixels = _dimension(value, "/Width") * _dimension(value, "/Height")
    if pixels > MAX_PIXELS or filters.count("/FlateDecode") > 1 or len(filters) > 3:
        raise Refused(HEAVY)
    if not filters or (len(filters) == 1 and filters[0] in _PICTURE_FILTERS):
        return 0
    if filters == ["/FlateDecode"]:
        return _inflated_size(value._data)
    try:
        return len(value.get_data())
    except LimitReachedError as error:
        raise Refused(HEAVY) from error


def _dimension(value: Any, name: str) -> int:
    found = _resolved(value.get(name))
    return abs(int(found)) if isinstance(found, int | float) else 0


def _inflated_size(packed: bytes) -> int:
    """Return the size of what is packed, without ever holding more than a part of it."""
    unpacking, size = zlib.decompressobj(), 0
    while packed and not unpacking.eof:
        try:
            size += len(unpacking.decompress(packed, 2**20))
        except zlib.error:
            break
        if size > MAX_STREAM_BYTES:
            raise Refused(HEAVY)
        packed = unpacking.unconsumed_tail
    return size
