"""PDFs written by hand: what no honest program writes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R %b >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] %b >>"


def one_page(
    *,
    catalogue: bytes = b"",
    page: bytes = b"",
    more: Mapping[int, bytes] | None = None,
    packed: Mapping[int, bytes] | None = None,
) -> bytes:
    """Return a PDF of one page. `catalogue`, `page`: what is added to them; `more`: other objects;
    `packed`: those that are compressed together, where no search for a word finds them."""
    objects = {1: CATALOGUE % catalogue, 2: PAGES, 3: PAGE % page} | dict(more or {})
    return written(objects, packed or {})


def many_pages(number: int) -> bytes:
    """Return a PDF of that many empty pages."""
    kids = b" ".join(b"%d 0 R" % (rank + 3) for rank in range(number))
    pages = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, number)
    each = dict.fromkeys(range(3, number + 3), b"<< /Type /Page /Parent 2 0 R >>")
    return written({1: CATALOGUE % b"", 2: pages} | each, {})


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), dictionary, content)


def flate(content: bytes, times: int = 1) -> bytes:
    """Return a stream packed, and packed again."""
    for _time in range(times):
        content = zlib.compress(content, 1)
    return stream(content, b"/Filter [%b]" % (b"/FlateDecode " * times))


def written(objects: Mapping[int, bytes], packed: Mapping[int, bytes]) -> bytes:
    """Return the file, with a table of its objects, or a stream of them when some are packed."""
    objects = dict(objects)
    container = max([*objects, *packed]) + 1
    if packed:
        objects[container] = _object_stream(packed)
    data, offsets = b"%PDF-1.7\n", {}
    for number, content in objects.items():
        offsets[number] = len(data)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(data)
    if packed:
        data += b"%d 0 obj\n%b\nendobj\n" % (
            container + 1,
            _cross_references(offsets, list(packed), container),
        )
    else:
        rows = [b"%010d 00000 n \n" % offsets[number] for number in sorted(offsets)]
        data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(rows) + 1) + b"".join(rows)
        data += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(rows) + 1)
    return data + b"startxref\n%d\n%%%%EOF\n" % start


def _object_stream(packed: Mapping[int, bytes]) -> bytes:
    head, body = b"", b""
    for number, content in packed.items():
        head += b"%d %d " % (number, len(body))
        body += content + b" "
    given = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(packed), len(head))
    return stream(zlib.compress(head + body), given)


def _cross_references(offsets: Mapping[int, int], packed: list[int], container: int) -> bytes:
    rows = []
    for number in range(container + 1):
        if number in packed:
            rows.append(struct.pack(">BIH", 2, container, packed.index(number)))
        elif number in offsets:
            rows.append(struct.pack(">BIH", 1, offsets[number], 0))
        else:
            rows.append(struct.pack(">BIH", 0, 0, 0))
    given = b"/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R /Filter /FlateDecode"
    return stream(zlib.compress(b"".join(rows)), given % len(rows))
